// How a slide fills its canvas. This function runs inside the page.

/**
 * Returns [{ check, message }] for a slide that leaves its canvas empty, its words and code small or without room, or is not read in its order.
 *
 * What is shown reaches `reach` of the way down, or is centred on the canvas. Prose is `prose` px high or more (small
 * print, captions and controls aside), code and tables `code` px, and code under `roomy` px has no room to be larger.
 * Steps that are still to come count as shown: they have their place.
 */
export function filled({ no, reach, prose, code, roomy }) {
  const slide = document.querySelector(`#slide-content .slidev-page-${no} .slidev-layout`)
  const frame = document.querySelector('#slide-content').getBoundingClientRect()
  const aside = 'footer, .sr-only, [aria-hidden="true"]'
  const shapes = ':is(pre, table, img, canvas, video, input, button), svg :is(path, rect, circle, ellipse, line, polygon, text)'
  const boxes = [...slide.querySelectorAll(shapes)].filter(element => !element.closest(`${aside}, defs, clipPath`))
    .map(element => element.getBoundingClientRect())
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  const linesOf = (element) => {
    range.selectNodeContents(element)
    return [...range.getClientRects()]
  }
  const findings = []
  const sizes = new Map()
  const words = []
  while (texts.nextNode()) {
    const { currentNode: { data, parentElement: parent } } = texts
    if (!data.trim() || parent.closest(aside))
      continue
    range.selectNodeContents(texts.currentNode)
    boxes.push(range.getBoundingClientRect())
    if (parent.checkVisibility({ visibilityProperty: true }) && !parent.closest('select'))
      words.push(...Array.from(range.getClientRects(), box => ({ data, drawn: parent instanceof SVGElement, box })))
    const least = parent.closest('pre, table')
      ? code
      : parent.closest('p, li') && !parent.closest('small, .small, figcaption, fieldset, nav, svg') ? prose : 0
    const size = Number.parseFloat(getComputedStyle(parent.closest(':not(code, kbd, sub, sup)')).fontSize)
    if (size < least - 0.05 && !parent.closest('caption, .small'))
      sizes.set(size, { check: 'size', message: `"${data.trim().slice(0, 40)}" is ${size} px high; make it ${least} px or more` })
  }
  findings.push(...[...sizes].sort(([a], [b]) => a - b).slice(0, 1).map(([, finding]) => finding))

  // Words of two pictures may cross, as on a map; those of a text lie on nothing else.
  const meet = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))
  const [pair] = words.flatMap((a, i) => words.slice(i + 1)
    .filter(b => !(a.drawn && b.drawn) && meet(a.box, b.box) > 0.2 * Math.min(a.box.width * a.box.height, b.box.width * b.box.height))
    .map(b => [a, b]))
  if (pair)
    findings.push({ check: 'overlap', message: `${pair.map(({ data }) => `"${data.trim().slice(0, 40)}"`).join(' lies on ')}; give them room` })

  const quote = text => `"${text.trim().replace(/\s+/g, ' ').slice(0, 40)}"`
  for (const { pre, right } of [...slide.querySelectorAll('pre')].map(pre => ({ pre, right: Math.max(...linesOf(pre).map(box => box.right)) }))) {
    const over = Math.round(right - pre.getBoundingClientRect().right + Number.parseFloat(getComputedStyle(pre).paddingRight))
    if (over > 1)
      findings.push({ check: 'tight', message: `the block beginning ${quote(pre.innerText)} runs ${over} px into its margin; widen it, or break the line` })
  }
  for (const text of slide.querySelectorAll('svg text')) {
    const box = text.getBoundingClientRect()
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    const under = [...text.closest('svg').querySelectorAll('rect')].filter(rect => !rect.closest('defs, clipPath') && getComputedStyle(rect).fill !== 'none').map(rect => rect.getBoundingClientRect())
      .filter(({ left, right, top, bottom }) => left < x && x < right && top < y && y < bottom)
      .sort((a, b) => a.width - b.width)[0]
    if (under && (box.left < under.left - 1 || box.right > under.right + 1))
      findings.push({ check: 'tight', message: `${quote(text.textContent)} is wider than the shape that it stands in; shorten it` })
  }

  // A listener hears the slide from its first line to its last: no block lies entirely above the one read before it.
  const blocks = [...slide.querySelectorAll('h1, h2, h3, p, li, pre, table, svg')].filter(block => !block.closest(aside) && !block.parentElement.closest('li, table, svg') && block.checkVisibility() && block.getBoundingClientRect().height)
  for (const [i, block] of blocks.slice(1).entries()) {
    const [before, after] = [blocks[i], block].map(block => block.getBoundingClientRect())
    if (after.bottom <= before.top && after.left < before.right && before.left < after.right)
      findings.push({ check: 'order', message: `${quote(block.textContent)} stands over ${quote(blocks[i].textContent)}, and is read after it; put it before` })
  }

  const seen = boxes.filter(({ width, height }) => width || height)
  const top = Math.min(...seen.map(box => box.top)) - frame.top
  const bottom = Math.max(...seen.map(box => box.bottom)) - frame.top
  const percent = Math.round(100 * bottom / frame.height)
  const centred = Math.abs(top + bottom - frame.height) <= 0.1 * frame.height
  if (bottom < reach * frame.height && !centred)
    findings.push({ check: 'empty', message: `what is shown ends ${percent} % down the canvas; fill it, or centre it` })

  const codes = [...slide.querySelectorAll('pre.slidev-code')].map((pre) => {
    const { fontSize, paddingLeft, paddingRight } = getComputedStyle(pre)
    const rows = pre.innerText.trimEnd().split('\n')
    return { pre, size: Number.parseFloat(fontSize), rows: rows.length, columns: Math.max(...rows.map(row => [...row].length)), width: pre.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) }
  })
  const smallest = Math.min(...codes.map(({ size }) => size))
  if (smallest < roomy) {
    const style = getComputedStyle(slide)
    const free = frame.height - Number.parseFloat(style.paddingBottom) - bottom
    // Room that is left above, too, where the content is centred.
    const title = slide.querySelector('h1, h2')?.getBoundingClientRect().bottom ?? frame.top
    const first = Math.min(...seen.map(box => box.top).filter(top => top >= title - 1))
    const room = free + Math.max(0, first - title - 20)
    const larger = smallest + 2
    const fits = codes.every(({ columns, width }) => columns * 0.6 * larger <= width)
      && codes.reduce((sum, { rows, size }) => sum + rows * 1.42 * Math.max(0, larger - size), 0) < room
    if (fits)
      findings.push({ check: 'room', message: `code of ${smallest} px has room for ${larger} px; make it larger` })
  }
  return findings
}
