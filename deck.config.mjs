// What this talk claims, and what it may say without proof: the checks of the addon read it.
const times = number => `${number.toFixed(1)} times`

export default {
  sources: ['snippets', 'live', 'benchmarks'],
  tests: 'tests',
  artefacts: ['public/models'],
  rhythm: 3,
  glossary: 'handout/glossary.json',
  handouts: ['snippets/onnx101.ipynb'],
  preview: '.github/preview.png',
  canvas: { reach: 0.8, prose: 22, code: 16, roomy: 20 },

  // What the titles say, held against what was measured. A claim has the words of its title; it gets the
  // measurements by name and the `code` and `output` on its slide, and returns true, or why not.
  claims: {
    'Three evaluators, one answer': (_, { output }) => {
      const answers = Array.from(output.matchAll(/^\S+ +(\d+\.\d +.*)$/gm), ([, minutes]) => minutes)
      return (answers.length === 3 && new Set(answers).size === 1)
        || `${answers.length} evaluators give ${new Set(answers).size} answers`
    },

    'Nostradamus: seven numbers in, minutes out': (_, { code }) => {
      const features = code.match(/^ {4}".+",$/gm)?.length
      return features === 7 || `it takes ${features}`
    },

    'A network takes the same road: smaller, less accurate': (_, { output }) => {
      const [forest, network] = Array.from(output.matchAll(/ (\d+) +(\d+\.\d)$/gm), ([, kb, minutes]) => ({ kb: Number(kb), minutes: Number(minutes) }))
      return (network.kb < forest.kb && network.minutes > forest.minutes)
        || `the network has ${network.kb} kB and is ${network.minutes} minutes off, the forest ${forest.kb} and ${forest.minutes}`
    },

    'Eight bits: a network shrinks, a forest grows': (_, { code, output }) => {
      const [network, smaller, forest, larger] = Array.from(output.matchAll(/ ([\d,]+) +\d+\.\d+$/gm), ([, bytes]) => Number(bytes.replace(',', '')))
      return (code.includes('QuantType.QUInt8') && smaller < network && larger > forest)
        || `${network} bytes become ${smaller}, ${forest} become ${larger}`
    },

    'Serving a model means shipping its whole kitchen': ({ footprint: { stacks } }) => {
      const [training, , runtime] = stacks
      const ratio = training.mb / runtime.mb
      return (ratio > 1.5 && training.count > 1.5 * runtime.count) || `the training stack is only ${times(ratio)} the runtime's`
    },

    'One row: fifty times faster; ten thousand: nearly even': ({ runtimes: { rows } }) => {
      const median = (runtime, batch) => rows.find(row => row.runtime === runtime && row.batch === batch).median_us
      const [one, many] = [1, 10_000].map(batch => median('skl', batch) / median('ort', batch))
      return (one >= 50 && many > 0.5 && many < 2) || `one row is ${times(one)} faster, ten thousand are ${times(many)}`
    },

    'Holding it all in memory takes ten times the pickle': ({ memory: { pickle_bytes, runs } }) => {
      const [obvious, streamed] = runs.map(({ curve }) => Math.max(...curve.map(([, bytes]) => bytes)))
      return (obvious >= 10 * pickle_bytes && streamed < 2 * pickle_bytes)
        || `the obvious way takes ${times(obvious / pickle_bytes)} the pickle, the stream ${times(streamed / pickle_bytes)}`
    },

    'A kilobyte less opens, a kilobyte more does not': ({ readers: { below, above } }) => {
      const gap = above.bytes - below.bytes
      const opened = ({ answers }) => answers.filter(({ error }) => !error).length
      const word = above.answers.some(({ says }) => says === 'narrowing_error')
      return (gap <= 1024 && below.bytes < 2 ** 31 && opened(below) === below.answers.length && opened(above) === 0 && word)
        || `${gap} bytes apart, ${opened(below)} open the smaller, ${opened(above)} the larger, narrowing_error is ${word ? '' : 'not '}said`
    },

    'Why to the bit: two releases gave wrong answers': ({ releases: { releases } }) => {
      const wrong = way => releases.filter(release => release[way].labels_equal < 1).map(({ release }) => release)
      return (wrong('skl2onnx').join() === '1.26.0,1.27.0' && wrong('onnx101').length === 0)
        || `wrong are ${wrong('skl2onnx').join(', ') || 'none'} with skl2onnx's file, ${wrong('onnx101').join(', ') || 'none'} with ours`
    },

    'Your own forest: six releases open it, every bit equal': ({ targets: { releases } }) => {
      const shares = releases.flatMap(({ models }) => Object.entries(models).filter(([name]) => name.includes(', double, ')).map(([, { equal }]) => equal))
      return (releases.length === 6 && shares.every(share => share === 1))
        || `${releases.length} releases were asked, and ${shares.filter(share => share < 1).length} models answer otherwise`
    },

    'Two of five runtimes stop where ai.onnx.ml begins': ({ refusals: { answers } }) => {
      const models = Object.values(answers)
      const stop = models.filter(answers => Object.values(answers).some(({ refuses }) => refuses))
      const beyond = stop.every(answers => Object.entries(answers).every(([name, { refuses }]) => !refuses === ['a line', 'a network'].includes(name)))
      const alike = models.every(answers => Object.entries(answers).every(([name, { minutes }]) => minutes === undefined || Math.abs(minutes - models[0][name].minutes) < 0.1))
      return (models.length === 5 && stop.length === 2 && beyond && alike)
        || `${stop.length} of ${models.length} stop, ${beyond ? '' : 'not only '}at ai.onnx.ml, and the others ${alike ? 'agree' : 'differ'}`
    },

    // The whole of the talk's pickle, on the machine that measured it.
    'From an hour to ten seconds': ({ forest: { sizes } }) => {
      const { nodes, converters } = sizes.at(-1)
      const { seconds, peak } = converters['onnx101-double']
      return (nodes > 60e6 && seconds < 12 && peak < 1e9)
        || `${nodes.toLocaleString('en')} nodes took ${seconds.toFixed(0)} s and ${(peak / 1e9).toFixed(1)} GB`
    },

    // One row a request, at the same load in the same server; KServe's own server with a constant answer is the bare one.
    'Serve it: three times the requests of scikit-learn': ({ serving: { services, bursts } }) => {
      const rate = name => services.find(({ service, rows }) => service === name && rows === 1).per_second
      const [faster, bare] = ['scikit-learn', 'constant, KServe\'s server'].map(name => rate('onnxruntime') / rate(name))
      const failed = [...services, ...bursts].reduce((sum, load) => sum + load.failed, 0)
      return (faster >= 3 && bare >= 0.5 && failed === 0)
        || `${times(faster)} scikit-learn, ${times(bare)} the bare server, ${failed} failed`
    },

    'Outgrow the machine: a billion rows in minutes': ({ scaling: { cluster } }) => {
      const { rows, workers, seconds } = cluster
      return (rows >= 1e9 && workers === 100 && seconds < 300) || `${workers} workers need ${seconds} s for ${rows} rows`
    },
  },

  units: ['packages', 'rows', 'trees', 'leaves', 'nodes', 'operators', 'requests', 'flights'],
  facts: [
    { text: '4.7 GB', source: 'the ONNX Crash Course: the size of its pickle' },
    { text: '4.7e9', source: 'the ONNX Crash Course: the size of its pickle, in bytes' },
    { text: '2.7 GB', source: 'the ONNX Crash Course: the size of its ONNX file' },
    { text: '2.7e9', source: 'the ONNX Crash Course: the size of its ONNX file, in bytes' },
    { text: 'An hour', source: 'the ONNX Crash Course: how long its conversion took' },
    { text: '3600', source: 'the ONNX Crash Course: how long its conversion took, in seconds' },
    { text: 'a dozen lines', source: 'the ONNX Crash Course: its Pipfile' },
    { text: 'Two mistakes', holds: (_, { output }) => output.match(/^\S.*: \w+Error:/gm)?.length === 2 },
    { text: 'two ways', holds: ({ memory: { runs } }) => runs.length === 2 || `${runs.length} were measured` },
    { text: 'five releases', holds: ({ releases: { releases } }) => releases.length === 5 || `${releases.length} were asked` },
    { text: 'a hundred workers', holds: ({ scaling: { cluster } }) => cluster.workers === 100 || `${cluster.workers} were reckoned with` },
    { text: 'three times', source: 'CVE-2022-25882, CVE-2024-27318 and CVE-2026-27489: mended in onnx 1.13, 1.16 and 1.21' },
    { text: '31 bits', source: 'protobuf\'s wire format: a length is read as a signed 32-bit number' },
    { text: '2 GiB', source: 'protobuf\'s documentation: the largest serialised message' },
    { text: '03:12', source: 'the time on a drawn telephone: any hour of the night' },
    { text: 'ten times the one before', source: 'what a logarithmic scale is' },
  ],

  // Code that no slide shows.
  unshown: [
    { path: 'snippets/oracle.py', reason: 'grows the forest that answers in the page' },
    { path: 'snippets/protobuf_bytes.py', reason: 'weighs what the chart of the bytes draws' },
  ],
}
