// The dev server's own copy of what windows share: vite-plugin-vue-server-ref, which Slidev brings, makes the module.
declare module 'server-reactive:share' {
  const shared: Record<string, object | undefined> & { $patch: (patch: Record<string, object>) => Promise<unknown> }
  export default shared
}
