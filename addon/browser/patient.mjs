// Playwright for Slidev's export: a page counts as loaded once its slides are there, and the code in each of its editors.
// Slidev waits for a quiet network, which it also is while Vite bundles a deck's packages for the first time. An editor
// that comes later is printed empty, and adds a page at the end.
import { chromium as own } from 'playwright-chromium'

/** Wraps the factory `object[name]`: what it makes goes through `change` first. */
function changed(object, name, change) {
  const make = object[name].bind(object)
  object[name] = async (...args) => {
    const made = await make(...args)
    await change(made, ...args)
    return made
  }
}

const edited = () => Array.from(document.querySelectorAll('.slidev-monaco-container-inner')).every(editor => editor.querySelector('.view-line'))

/** Waits until all that `page` shows can be printed. */
export async function printable(page, { timeout } = {}) {
  await page.locator('[data-slidev-no]').first().waitFor({ timeout })
  await page.waitForFunction(edited, undefined, { timeout })
}

export const chromium = {
  async launch(options) {
    const browser = await own.launch(options)
    changed(browser, 'newContext', context => changed(context, 'newPage', page =>
      changed(page, 'goto', (_, url, options) => printable(page, options))))
    return browser
  },
}
