/**
 * Keeps an edited snippet reloading. Slidev puts a new `watchFiles` and new `slides` into its data at every update,
 * but `<<<` goes on filling and reading the first ones (slidev #2241): the first ones stay, and take in what is new.
 */
export function keepWatching(data) {
  const { slides, watchFiles } = data
  Object.defineProperties(data, {
    slides: { get: () => slides, set: next => slides.splice(0, Infinity, ...next) },
    watchFiles: { get: () => watchFiles, set: next => Object.assign(watchFiles, next) },
  })
}

const SLIDE = /__slidev_\d+\.(?:md|frontmatter)/ // in the name of a module

/**
 * Loads the page again when a slide comes or goes: Slidev keeps what it loaded by number, and shows a neighbour's content.
 * Vite keeps it, too: a number that was gone for a while would come back with the slide that it had then.
 */
export function reloadOnCount({ data }) {
  let count = data.slides.length
  return {
    name: 'deck:reload-on-count',
    apply: 'serve',
    handleHotUpdate: {
      order: 'post', // after Slidev has taken in the change
      handler({ server }) {
        if (count === data.slides.length)
          return
        count = data.slides.length
        const { moduleGraph } = server.environments.client
        for (const [id, module] of moduleGraph.idToModuleMap) {
          if (SLIDE.test(id))
            moduleGraph.invalidateModule(module)
        }
        setTimeout(() => server.hot.send({ type: 'full-reload' }), 50)
      },
    },
  }
}
