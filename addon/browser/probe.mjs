// Checks on one state of one slide. These functions run inside the page.

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
  // Motion by a script is no animation of the browser's: such elements stand still when they have not moved since the last frame.
  const places = () => Array.from(document.querySelectorAll('#slide-content [style*="transform"]'), (element) => {
    const { left, top } = element.getBoundingClientRect()
    return `${left} ${top}`
  }).join()
  await document.fonts.ready
  let calm = 0
  let before
  while (calm < 2 && performance.now() < end) {
    await new Promise(resolve => requestAnimationFrame(resolve))
    const now = places()
    calm = pending() || now !== before ? 0 : calm + 1
    before = now
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
    if (element instanceof HTMLElement && element.clientWidth > 1 && !element.closest('.monaco-editor') && ((wide > 1 && clips.includes(overflowX)) || (high > 1 && clips.includes(overflowY))))
      find('scroll', `${name(element)} hides ${Math.max(wide, high)} px of its content; make it smaller or give it room`, Math.max(wide, high))
  }

  // Not the ratio of two widths: `offsetWidth` is whole pixels, and so a word of 14 px would be one of 13.9.
  const scales = new Map([[null, 1]])
  const scaleOf = (element) => {
    if (!scales.has(element)) {
      const { scale, transform } = getComputedStyle(element)
      const { a, b } = new DOMMatrix(transform === 'none' ? '' : transform)
      scales.set(element, scaleOf(element.parentElement) * Math.hypot(a, b) * (Number.parseFloat(scale) || 1))
    }
    return scales.get(element)
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
      : scaleOf(parent) * (parent.currentCSSZoom ?? 1)
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

/** Returns what is cut off at the page's sides, the slide itself or what stands around it, as a message or undefined. */
export function cutOff() {
  const around = document.querySelectorAll('#slide-content, #app *:not(#slide-content *)')
  const cut = [...around].find((element) => {
    const { left, right, width } = element.getBoundingClientRect()
    return width && (left < -1 || right > innerWidth + 1) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  })
  if (cut)
    return `<${cut.localName} id="${cut.id}" class="${cut.classList}"> is ${Math.round(cut.getBoundingClientRect().width)} px wide; keep it within ${innerWidth}`
}

/** Returns [{ check, message }] for what a narrow window cannot read: small text, and what leaves it sideways and cannot be moved. */
export function readable({ no, smallest }) {
  const slide = document.querySelector(`#slide-content .slidev-page-${no}`)
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  const worst = {}
  const find = (kind, size, text, what) => {
    if (!(worst[kind]?.size >= size))
      worst[kind] = { size, message: `"${text.trim().replace(/\s+/g, ' ').slice(0, 40)}" ${what}` }
  }
  while (texts.nextNode()) {
    const { currentNode: { data, parentElement: parent } } = texts
    range.selectNodeContents(texts.currentNode)
    const box = range.getBoundingClientRect()
    if (!data.trim() || !box.width || parent.closest('.sr-only') || !parent.checkVisibility({ visibilityProperty: true }))
      continue
    const scale = parent instanceof SVGElement ? Math.hypot(parent.getScreenCTM().a, parent.getScreenCTM().b) : 1
    const size = Math.round(10 * Number.parseFloat(getComputedStyle(parent).fontSize) * scale) / 10
    if (size < smallest)
      find('small', -size, data, `is ${size} px high in a narrow window; make it ${smallest} px or more`)
    let moved = parent
    while (moved !== slide && !/auto|scroll/.test(getComputedStyle(moved).overflowX))
      moved = moved.parentElement
    // Lines of prose are never moved sideways.
    const prose = parent.closest('h1, h2, h3, p, li') && !parent.closest('pre, table, svg')
    if ((moved === slide || prose) && (box.right > innerWidth + 1 || box.left < -1))
      find('cut', box.right, data, `leaves a narrow window, ${Math.round(box.right)} px of ${innerWidth}; let it wrap or be moved`)
  }
  return Object.values(worst).map(({ message }) => ({ check: 'phone', message }))
}

/** Returns the texts of the code blocks, of the recordings and of the terms that lead to the glossary, on the slide `no`. */
export function texts({ no }) {
  const slide = document.querySelector(`#slide-content .slidev-page-${no}`)
  const text = (pre) => {
    const shown = pre.cloneNode(true)
    shown.querySelectorAll('[class*="-move-leave-"]').forEach(part => part.remove()) // of the step before
    shown.querySelectorAll('br').forEach(part => part.replaceWith('\n')) // so a magic move ends its lines
    return shown.textContent.trimEnd()
  }
  const all = selector => Array.from(slide.querySelectorAll(selector), text)
  return { code: all('pre.slidev-code'), recordings: all('pre.recording'), terms: all('.term:has(a)') }
}

/** Returns [{ check, message }] of axe on the slide that is shown; where `strict`, a contrast that it cannot determine counts as too low. */
export async function accessible({ strict }) {
  const drawings = document.querySelector('#slide-content > svg') // Slidev's, empty, over every slide: axe would see no ground
  drawings?.style.setProperty('display', 'none')
  // Slidev keeps every slide mounted, and axe takes in all that is there: as a tree, as a list, as a grid for the contrast,
  // and for what refers to what. To its eyes the hidden slides are empty: that is ten times as fast.
  const hidden = new Set(Array.from(document.querySelectorAll('#slide-content .slidev-page')).filter(slide => !slide.checkVisibility()))
  hidden.forEach(slide => Object.defineProperty(slide, 'childNodes', { value: [], configurable: true }))
  document.createTreeWalker = (root, show) => Document.prototype.createTreeWalker.call(document, root, show, node => hidden.has(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT)
  document.querySelectorAll = (selector) => {
    if (selector !== '*')
      return Document.prototype.querySelectorAll.call(document, selector)
    const elements = []
    for (const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT); walker.nextNode();)
      elements.push(walker.currentNode)
    return elements
  }
  const { violations, incomplete } = await window.axe.run('#slide-content', {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'],
    resultTypes: ['violations', 'incomplete'],
    elementRef: true,
  }).finally(() => {
    delete document.createTreeWalker
    delete document.querySelectorAll
    hidden.forEach(slide => delete slide.childNodes)
  })
  drawings?.style.removeProperty('display')
  return [...violations, ...strict ? incomplete.filter(({ id }) => id === 'color-contrast') : []].flatMap(({ id, help, nodes }) => {
    const bad = id === 'color-contrast'
      ? nodes.filter(({ element, any }) => !element.closest('svg, .monaco-editor') /* see `pictured`; an editor has its own colours */ && any[0]?.data?.messageKey !== 'shortTextContent')
      : nodes
    const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : ''
    return bad.slice(0, 1).map(({ target, any }) => ({
      check: id === 'color-contrast' ? 'contrast' : 'name',
      message: `${target.join(' ')}${more}: ${any[0]?.message ?? help}; mend it (${id})`,
    }))
  })
}

/** Returns [{ check, message }] for an id that two elements of the deck share, where a name or a label leads to it. */
export async function twins() {
  const { violations, incomplete } = await window.axe.run('#slide-content', { runOnly: ['duplicate-id-aria'] })
  return [...violations, ...incomplete].flatMap(({ help, nodes }) => nodes.map(({ target }) => ({ check: 'name', message: `${target.join(' ')}: ${help}; give each an id of its own` })))
}

/** Returns [{ check, message }] for text in pictures whose contrast with the shape under it is below `least`: axe looks at HTML alone. */
export function pictured({ least }) {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const mix = (color, opacity, under) => {
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = `rgb(${under.join()})`
    pen.fillRect(0, 0, 1, 1)
    pen.globalAlpha = opacity
    pen.fillStyle = color
    pen.fillRect(0, 0, 1, 1)
    pen.globalAlpha = 1
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const opacity = (element, top) => element === top ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement, top)
  const luminance = color => color.map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0)
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  const ground = (element) => {
    const color = element ? getComputedStyle(element).backgroundColor : 'white'
    return /, 0\)$|transparent/.test(color) ? ground(element.parentElement) : mix(color, 1, [255, 255, 255])
  }

  const findings = []
  for (const svg of document.querySelectorAll('#slide-content svg:not(svg svg)')) {
    if (!svg.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      continue
    const shapes = [...svg.querySelectorAll('*')].filter(element => element instanceof SVGGeometryElement && !element.closest('defs, clipPath, mask'))
    for (const text of [...svg.querySelectorAll('text')].filter(text => text.textContent.trim() && text.checkVisibility({ opacityProperty: true, visibilityProperty: true }))) {
      const box = text.getBoundingClientRect()
      const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      let under = ground(svg.parentElement)
      for (const shape of shapes.filter(shape => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) {
        const { fill, fillOpacity } = getComputedStyle(shape)
        if (fill !== 'none' && shape.checkVisibility() && shape.isPointInFill(new DOMPoint(at.x, at.y).matrixTransform(shape.getScreenCTM().inverse())))
          under = mix(fill, fillOpacity * opacity(shape, svg), under)
      }
      for (const part of [text, ...text.querySelectorAll('tspan')].filter(part => [...part.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))) {
        const { fill, fillOpacity, stroke, paintOrder } = getComputedStyle(part)
        if (stroke !== 'none' && paintOrder.startsWith('stroke')) // a halo
          under = mix(stroke, 1, under)
        const found = ratio(luminance(mix(fill, fillOpacity * opacity(part, svg), under)), luminance(under))
        if (found < least)
          findings.push({ check: 'contrast', message: `"${part.textContent.trim().slice(0, 40)}" in a picture has a contrast of ${found.toFixed(2)} with what is under it; make it ${least} or more` })
      }
    }
  }
  return findings
}
