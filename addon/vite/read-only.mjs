// The dev server shows the deck to its own pages: no other site reads or frames it, and nothing writes through it.
const SYNC = ['/@server-reactive/nav', '/@server-reactive/drawings'] // Slidev's windows in step; in memory

/** Slidev's POST routes write slides.md and snapshots whatever `editor: false` says, for any site that asks. */
export function readOnly() {
  function allowed({ method, url, headers }) {
    if (url.startsWith('/__open-in-editor'))
      return false
    if (['GET', 'HEAD', 'OPTIONS'].includes(method))
      return true
    return SYNC.includes(url) && URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host
  }
  return {
    name: 'deck:read-only',
    apply: 'serve',
    config: () => ({
      server: {
        cors: false,
        headers: {
          'Cross-Origin-Resource-Policy': 'same-origin',
          'Content-Security-Policy': 'frame-ancestors \'self\'',
        },
      },
    }),
    configureServer: {
      order: 'pre', // ahead of Slidev's own routes
      handler(server) {
        server.middlewares.use((request, response, next) =>
          allowed(request) ? next() : response.writeHead(403).end('the deck is read-only here: edit its files\n'))
      },
    },
  }
}
