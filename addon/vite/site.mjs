// What a built deck needs on any host: a page at every address, link previews, its handouts, a content security policy.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { nameOf } from '../deck/config.mjs'

// All of it is the site's own; a component may compile WebAssembly, and Slidev styles elements in place.
const POLICY = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'`
const PREVIEW = 'preview.png'
const MODULE = 'virtual:deck/handouts'
const OWN = /<meta (?:name|property)="(?:description|author|og:\w+|twitter:\w+)"[^>]*>\s*/g // Slidev writes quotation marks into them

const meta = (name, content) => ({ tag: 'meta', attrs: { [name.startsWith('og:') ? 'property' : 'name']: name, content }, injectTo: 'head' })

/** The size of a PNG, for sites that show a link: they leave out a picture that they would have to load first. */
function sizeOf(path) {
  const png = readFileSync(path)
  return [meta('og:image:width', `${png.readUInt32BE(16)}`), meta('og:image:height', `${png.readUInt32BE(20)}`)]
}

export function site({ userRoot, data: { headmatter, slides }, mode }, { handouts, preview }) {
  const there = mode === 'build' ? [`${nameOf(userRoot, headmatter)}.pdf`, ...handouts].filter(path => existsSync(join(userRoot, path))) : []
  const addresses = [
    ...slides.flatMap((_, i) => [`${i + 1}`, `presenter/${i + 1}`]),
    ...slides.flatMap(({ frontmatter: { routeAlias = [] } }) => routeAlias),
    ...['presenter', 'overview', 'notes', 'entry'],
  ]
  return [{
    name: 'deck:handouts',
    resolveId: id => id === MODULE ? `\0${MODULE}` : undefined,
    load: id => id === `\0${MODULE}` ? `export default ${JSON.stringify(there.map(path => basename(path)))}` : undefined,
  }, {
    name: 'deck:site',
    apply: 'build',
    config: () => ({ build: { reportCompressedSize: false } }), // to say it, Vite packs every file once
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const { title, info = title, author } = headmatter
        const address = process.env.DECK_URL ?? this.environment?.config.base ?? '/'
        return {
          html: html.replace(OWN, ''),
          tags: [
            { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', 'content': POLICY }, injectTo: 'head-prepend' },
            ...author ? [meta('author', author)] : [],
            meta('description', info),
            meta('og:type', 'website'),
            meta('og:title', title),
            meta('og:description', info),
            ...process.env.DECK_URL ? [meta('og:url', address)] : [],
            ...preview ? [meta('og:image', address + PREVIEW), ...sizeOf(join(userRoot, preview)), meta('og:image:alt', title), meta('twitter:card', 'summary_large_image')] : [],
          ],
        }
      },
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const { source } = bundle['index.html']
        for (const address of addresses)
          this.emitFile({ type: 'asset', fileName: `${address}/index.html`, source })
        for (const path of there)
          this.emitFile({ type: 'asset', fileName: basename(path), source: readFileSync(join(userRoot, path)) })
        if (preview)
          this.emitFile({ type: 'asset', fileName: PREVIEW, source: readFileSync(join(userRoot, preview)) })
      },
    },
  }]
}
