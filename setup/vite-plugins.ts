import { defineVitePluginsSetup } from '@slidev/types'
import { keepWatching } from './hot-reload.mjs'
import { liveRun } from './live-run.mjs'
import { readOnly } from './read-only.mjs'
import { recordings } from './recordings.mjs'

export default defineVitePluginsSetup((options) => {
  keepWatching(options.data)
  return [liveRun(options), readOnly(), recordings(options)]
})
