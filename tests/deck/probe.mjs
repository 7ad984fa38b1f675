// What is looked at on one state of one slide. These functions run inside the page.

/** Waits until the slide `no` stands still; returns what it still waits for after `limit` ms, or undefined. */
export async function settle({ no, limit }) {
  const end = performance.now() + limit
  const slide = () => document.querySelector(`#slide-content .slidev-page-${no}`)
  const pending = () => {
    if (!slide()?.querySelector('.slidev-layout')?.checkVisibility() || slide().querySelector('.slidev-slide-loading'))
      return 'the slide is still loading'
    for (const element of slide().querySelectorAll('[data-waitfor]')) {
      if (!element.querySelector(element.dataset.waitfor)?.checkVisibility())
        return `${element.dataset.waitfor} has not appeared`
    }
    if (document.getAnimations().some(({ playState, effect }) => playState === 'running' && effect.getComputedTiming().endTime !== Infinity))
      return 'something still moves'
  }
  await document.fonts.ready
  let calm = 0
  while (calm < 2 && performance.now() < end) {
    await new Promise(resolve => requestAnimationFrame(resolve))
    calm = pending() ? 0 : calm + 1
  }
  return pending()
}

/** Returns [{ check, message }] for the slide that is shown, the worst of each kind: overflow, scrolling, small text, unresolved components. */
export function inspect({ no, smallest }) {
  const worst = {}
  const find = (check, message, size = 0) => {
    if (!(worst[check]?.size >= size)) // the first of equals
      worst[check] = { check, message, size }
  }
  const canvas = document.querySelector('#slide-content')
  const frame = canvas.getBoundingClientRect()
  const name = element => `<${element.localName}${element.classList.length ? ` class="${element.classList.value}"` : ''}>`
  const quote = text => `"${text.trim().replace(/\s+/g, ' ').slice(0, 40)}"`
  const seen = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest('.sr-only, [aria-hidden="true"] > defs')
  const round = number => Math.round(number * 10) / 10

  for (const element of canvas.querySelectorAll('*')) {
    if (!seen(element))
      continue
    if (element instanceof HTMLUnknownElement || (element instanceof HTMLElement && element.localName.includes('-') && !customElements.get(element.localName)))
      find('component', `<${element.localName}> is no component of this deck; mend its name`)
    const { overflowX, overflowY } = getComputedStyle(element)
    const clips = ['auto', 'scroll', 'hidden', 'clip']
    const wide = element.scrollWidth - element.clientWidth
    const high = element.scrollHeight - element.clientHeight
    if (element instanceof HTMLElement && element.clientWidth > 1 && ((wide > 1 && clips.includes(overflowX)) || (high > 1 && clips.includes(overflowY))))
      find('scroll', `${name(element)} hides ${Math.max(wide, high)} px of its content; make it smaller or give it room`, Math.max(wide, high))
  }

  const texts = document.createTreeWalker(canvas, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  while (texts.nextNode()) {
    const { currentNode: node } = texts
    const { parentElement: parent } = node
    if (!node.data.trim() || !seen(parent))
      continue
    range.selectNodeContents(node)
    const box = range.getBoundingClientRect()
    if (!box.width || !box.height)
      continue
    const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom)
    if (out > 1)
      find('overflow', `${quote(node.data)} leaves the canvas by ${round(out)} px; shorten the slide`, out)
    const scale = parent instanceof SVGElement
      ? Math.hypot(parent.getScreenCTM().a, parent.getScreenCTM().b)
      : parent.offsetWidth ? parent.getBoundingClientRect().width / parent.offsetWidth : 1
    const size = Number.parseFloat(getComputedStyle(parent).fontSize) * scale
    if (size < smallest - 0.05)
      find('small', `${quote(node.data)} is ${round(size)} px high; make it ${smallest} px or more`, -size)
  }

  for (const element of canvas.querySelectorAll(`.slidev-page-${no} :is(img, svg, canvas, video, input, button, table, pre)`)) {
    const box = element.getBoundingClientRect()
    const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom)
    if (seen(element) && !element.parentElement.closest('svg') && box.width && out > 1)
      find('overflow', `${name(element)} leaves the canvas by ${round(out)} px; make it smaller`, out)
  }
  return Object.values(worst).map(({ check, message }) => ({ check, message }))
}

/** Returns the code blocks and recordings that the slide `no` shows. */
export function texts({ no }) {
  const slide = document.querySelector(`#slide-content .slidev-page-${no}`)
  return [...slide.querySelectorAll('pre.slidev-code')].map(pre => pre.textContent.trimEnd())
}

/** Returns [{ check, message }] of axe on the slide that is shown. */
export async function accessible() {
  const { violations } = await window.axe.run('#slide-content', {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'],
    resultTypes: ['violations'],
    elementRef: false,
  })
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) => ({
    check: id === 'color-contrast' ? 'contrast' : 'name',
    message: `${target.join(' ')}: ${any[0]?.message ?? help}; mend it (${id})`,
  })))
}
