// Asks the oracle for one flight, in Node: the same file, no Python.
import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-web'

const read = path => readFileSync(new URL(path, import.meta.url))
const { airports, origins, flight } = JSON.parse(read('outputs/live/oracle.json'))
const [from, to] = [flight.origin, flight.destination].map(code => airports.find(airport => airport.code === code))
const km = to.km[origins.indexOf(from.code)]
const model = read('../public/models/oracle.onnx')

// region run
const session = await ort.InferenceSession.create(model)
const row = [from.lat, from.lon, to.lat, to.lon, flight.hour, km, flight.day]
const X = new ort.Tensor('float32', row, [1, 7])
const outputs = await session.run({ X })
const [minutes] = outputs[session.outputNames[0]].data
// endregion run

console.log(`${from.code} to ${to.code}, hour ${flight.hour}, day ${flight.day}: ${minutes.toFixed(1)} minutes`)
