// The same file, declared newer and newer: onnxruntime-web stops somewhere.
import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-web'

const model = readFileSync(new URL('../public/models/linear_regression.onnx', import.meta.url))

// region declare
async function loads(ir) {
  model[1] = ir // a model begins with its IR version: field 1, then the number
  const session = ort.InferenceSession.create(model)
  return session.then(() => 'loads', ({ message }) => message)
}
// endregion declare

console.log(`onnxruntime-web ${ort.env.versions.web}`)
for (const ir of [10, 12, 14])
  console.log(`IR ${ir}: ${(await loads(ir)).replace(/^.*(?=Unsupported)/s, '')}`)
