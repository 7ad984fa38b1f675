// Playwright for Slidev's export: a page counts as loaded once its slides are there. Slidev waits for a quiet network, which
// it also is while Vite bundles a deck's packages for the first time.
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

export const chromium = {
  async launch(options) {
    const browser = await own.launch(options)
    changed(browser, 'newContext', context => changed(context, 'newPage', page =>
      changed(page, 'goto', (_, url, { timeout } = {}) => page.locator('[data-slidev-no]').first().waitFor({ timeout }))))
    return browser
  },
}
