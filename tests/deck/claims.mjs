// What the titles say, held against what was measured. Each check gets the measurements by name, and returns true or why not.

const megabytes = ({ footprint }, name) => footprint.stacks.find(stack => stack.name === name).mb
const microseconds = ({ measure }, runtime, batch) =>
  measure.rows.find(row => row.runtime === runtime && row.batch === batch).median_us
const ratio = (data, batch) => microseconds(data, 'skl', batch) / microseconds(data, 'ort', batch)

export default {
  // The training stack is the larger part of what a container carries.
  kitchen(data) {
    const [stack, runtime] = [megabytes(data, 'the training stack'), megabytes(data, 'onnxruntime alone')]
    return stack > 1.5 * runtime || `the training stack has ${stack} MB, onnxruntime ${runtime} MB`
  },

  'one-row': (data) => {
    const [one, many] = [ratio(data, 1), ratio(data, 10_000)]
    return (one >= 50 && many >= 0.8 && many <= 3)
      || `onnxruntime is ${one.toFixed(0)} times faster for one row, ${many.toFixed(1)} times for ten thousand`
  },
}
