// Takes the pictures that show the deck elsewhere, as it is now: four slides for the README, in .github/deck.png, and the
// cover for a link to the site, in .github/preview.png.
import { chromium } from 'playwright-chromium'
import { findBrowser, flags } from '../addon/browser/find.mjs'
import { dev } from '../addon/browser/serve.mjs'
import { root } from './install.mjs'

const TITLES = ['The function becomes a graph', 'One row: fifty times', 'Ask the oracle', 'From an hour to']
const [WIDTH, HEIGHT] = [980, 552]

const server = await dev(root)
const browser = await chromium.launch({ executablePath: await findBrowser(), args: flags })
const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } })
await page.goto(server.url)
await page.waitForFunction(() => window.__slidev__)
const titles = await page.evaluate(() => window.__slidev__.nav.slides.map(({ meta }) => meta.slide.title ?? ''))

// Sites that preview a link crop its picture to this shape.
const [WIDE, HIGH] = [1200, 630]
await page.setViewportSize({ width: WIDE, height: Math.round(WIDE * HEIGHT / WIDTH) })
await page.goto(`${server.url}1`, { waitUntil: 'networkidle' })
await page.waitForTimeout(2000)
await page.screenshot({ path: `${root}/.github/preview.png`, clip: { x: 0, y: Math.round((WIDE * HEIGHT / WIDTH - HIGH) / 2), width: WIDE, height: HIGH } })
await page.setViewportSize({ width: WIDTH, height: HEIGHT })

const pictures = []
for (const title of TITLES) {
  const no = titles.findIndex(full => full.startsWith(title)) + 1
  await page.goto(`${server.url}${no}?clicks=99`, { waitUntil: 'networkidle' })
  await page.waitForTimeout(2000) // charts and models
  pictures.push((await page.screenshot()).toString('base64'))
}
await page.setContent(`<body style="margin:0;display:grid;grid-template-columns:1fr 1fr;gap:8px;background:#565a63">${
  pictures.map(data => `<img style="width:100%;display:block" src="data:image/png;base64,${data}">`).join('')}`)
await page.screenshot({ path: `${root}/.github/deck.png` })
await browser.close()
await server.close()
