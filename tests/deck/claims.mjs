// What the titles say, held against what was measured. A claim gets the measurements by name; it returns true, or why not.
const times = number => `${number.toFixed(1)} times`

export default {
  // Serving a model means shipping its whole kitchen
  'kitchen': ({ footprint: { stacks } }) => {
    const [training, , runtime] = stacks
    const ratio = training.mb / runtime.mb
    return (ratio > 1.5 && training.count > 1.5 * runtime.count) || `the training stack is only ${times(ratio)} the runtime's`
  },

  // One row: fifty times faster; ten thousand: nearly even
  'one-row': ({ measure: { rows } }) => {
    const median = (runtime, batch) => rows.find(row => row.runtime === runtime && row.batch === batch).median_us
    const [one, many] = [1, 10_000].map(batch => median('skl', batch) / median('ort', batch))
    return (one >= 50 && many > 0.5 && many < 2) || `one row is ${times(one)} faster, ten thousand are ${times(many)}`
  },

  // From an hour to ten seconds: the whole of the talk's pickle, on the machine that measured it
  'ten-seconds': ({ forest: { sizes } }) => {
    const { nodes, converters } = sizes.at(-1)
    const { seconds, peak } = converters['onnx101-double']
    return (nodes > 60e6 && seconds < 12 && peak < 1e9)
      || `${nodes.toLocaleString('en')} nodes took ${seconds.toFixed(0)} s and ${(peak / 1e9).toFixed(1)} GB`
  },
}
