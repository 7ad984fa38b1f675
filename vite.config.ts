import { defineConfig } from 'vite'

export default defineConfig({
  // Beside the deck, not in node_modules: two decks that share packages do not share this.
  cacheDir: 'build/vite',
  // What live slides share with every window, see components/lib/share.ts.
  slidev: { serverRef: { state: { share: {} } } },
  // Known at the start, so that a live slide never makes the page load again on stage.
  optimizeDeps: {
    include: [
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/wire',
      '@bufbuild/protobuf/wkt',
      '@dagrejs/dagre',
      '@observablehq/plot',
      'd3-delaunay',
      'd3-geo',
      'd3-shape',
      'onnxruntime-web/wasm',
      'topojson-client',
      'uqr',
    ],
  },
})
