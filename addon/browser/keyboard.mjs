// How a slide works without a pointer. This function runs inside the page.

/** Returns [{ check, message }] for controls of the slide `no` that keys do not reach, that do not show their focus, or that have no name. */
export function keyed({ no }) {
  const slide = document.querySelector(`#slide-content .slidev-page-${no}`)
  const seen = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const name = element => `<${element.localName}> "${(element.getAttribute('aria-label') || element.textContent || element.title).trim().replace(/\s+/g, ' ').slice(0, 40)}"`
  const look = (element) => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor } = getComputedStyle(element)
    return [outlineStyle === 'none' ? '' : outlineWidth, boxShadow, borderColor, backgroundColor].join()
  }
  const REACHED = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])'
  const findings = []
  const had = document.activeElement
  for (const control of [...slide.querySelectorAll(REACHED)].filter(control => !control.matches(':disabled') && control.checkVisibility())) {
    const before = look(control)
    control.focus({ preventScroll: true, focusVisible: true })
    if (!seen(control) || document.activeElement !== control || look(control) === before)
      findings.push({ check: 'focus', message: `${name(control)} does not show that it has the focus; give it an outline` })
  }
  // A label belongs to the first element in it that can have one, and an <output> can; axe still counts the control after it as labelled.
  for (const input of slide.querySelectorAll('input, select, textarea')) {
    if (input.checkVisibility() && !input.labels.length && !input.matches('[aria-label], [aria-labelledby], [title]'))
      findings.push({ check: 'name', message: `<${input.localName}> ${input.closest('label') ? 'stands in a label that names something else; give the label a `for`' : 'has no label; give it one'}` })
  }
  if (had instanceof HTMLElement)
    had.focus({ preventScroll: true })
  if (document.activeElement !== had)
    document.activeElement.blur()
  for (const element of slide.querySelectorAll('*')) {
    const points = element => getComputedStyle(element).cursor === 'pointer'
    if (points(element) && !points(element.parentElement) && seen(element) && !element.closest(`${REACHED}, label`) && !element.matches(':disabled'))
      findings.push({ check: 'focus', message: `${name(element)} can be clicked and keys do not reach it; make it a button or a link` })
  }
  return findings.slice(0, 1)
}
