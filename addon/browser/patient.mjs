// The Playwright of Slidev's export, where a page is loaded when its slides stand there: the network is quiet, too, while
// Vite bundles a deck's packages for the first time.
import { chromium as own } from 'playwright-chromium'

/** Has `object[name]`, which makes something, hand it to `change` first. */
function changed(object, name, change) {
  const make = object[name].bind(object)
  object[name] = async (...args) => {
    const made = await make(...args)
    await change(made, ...args)
    return made
  }
}

export const chromium = {
  async launch(options) {
    const browser = await own.launch(options)
    changed(browser, 'newContext', context => changed(context, 'newPage', page =>
      changed(page, 'goto', (_, url, { timeout } = {}) => page.locator('[data-slidev-no]').first().waitFor({ timeout }))))
    return browser
  },
}
