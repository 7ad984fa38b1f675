// Key Tab on a slide: it stops at every control in the order of the page, shows where it is, and goes on from the last.
import assert from 'node:assert/strict'
import { still } from '../../addon/browser/walk.mjs'

const ENOUGH = 80 // presses, through the slide and Slidev's own controls

/** The name of what has the focus, and whether it shows that; undefined where that is not on the slide `no`. */
function focused(no) {
  const { activeElement: control } = document
  if (!document.querySelector(`.slidev-page-${no}`).contains(control))
    return
  const [label] = control.labels ?? []
  const words = label ? [...label.childNodes].filter(node => node !== control).map(node => node.textContent).join('') : control.textContent
  const { outlineStyle, outlineWidth } = getComputedStyle(control)
  const { x, y, width, height } = control.getBoundingClientRect()
  const there = document.elementsFromPoint(x + width / 2, y + height / 2).filter(element => element.checkVisibility({ opacityProperty: true })) // not Slidev's controls, until they are asked for
  return {
    name: (words.trim() || control.title).replace(/\s+/g, ' '),
    seen: control.matches(':focus-visible') && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
    clear: control.contains(there[0]),
  }
}

/** Presses Tab through the slide `no`, once `ready` is there, and back onto its last control; `names` are its controls, in their order. */
export async function tabs(page, no, ready, names) {
  await page.evaluate(no => window.__slidev__.nav.go(no, 99), no)
  await page.locator(`.slidev-page-${no} ${ready}`).first().waitFor()
  await still(page, no)
  const reached = []
  for (let presses = 0; presses < ENOUGH; presses++) {
    await page.keyboard.press('Tab')
    const control = await page.evaluate(focused, no)
    if (control)
      reached.push(control)
    else if (reached.length)
      break
  }
  assert.deepEqual(reached.map(({ name }) => name), names)
  assert.deepEqual(reached.filter(({ seen, clear }) => !seen || !clear), [])
  await page.keyboard.press('Shift+Tab')
  assert.equal((await page.evaluate(focused, no))?.name, names.at(-1))
  assert.ok(page.url().split('?')[0].endsWith(`/${no}`), 'Tab has left the slide')
}
