/** Reads ONNX models with onnx's own protobuf schema, as the onnx package wrote it down. */
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import schema from '../../snippets/outputs/live/schema.b64?raw'

/** A tensor of a graph: its element type, its shape, and for a small initializer its values. */
export interface Tensor { type: string, shape: (number | string)[], values?: number[] }
export interface Operator { op: string, domain: string, inputs: string[], outputs: string[] }
/** A graph as the slides draw it: operators, and by name the tensors that they pass on. */
export interface Graph {
  inputs: string[]
  outputs: string[]
  operators: Operator[]
  initializers: string[]
  tensors: Record<string, Tensor>
}

// The part of onnx-ml.proto that is used here, in the names of protobuf's JavaScript mapping.
interface TensorProto { name: string, dims: bigint[], dataType: number, rawData: Uint8Array, floatData: number[], doubleData: number[], int32Data: number[], int64Data: bigint[] }
interface Dimension { value: { value?: bigint | string } }
interface ValueInfo { name: string, type?: { value: { value?: { elemType?: number, shape?: { dim: Dimension[] } } } } }
interface NodeProto { opType: string, domain: string, input: string[], output: string[] }
export interface ModelProto {
  irVersion: bigint
  opsetImport: { domain: string, version: bigint }[]
  graph?: { node: NodeProto[], initializer: TensorProto[], input: ValueInfo[], output: ValueInfo[], valueInfo: ValueInfo[] }
}

const file = fromBinary(FileDescriptorProtoSchema, base64Decode(schema))
const registry = createFileRegistry(file, () => undefined)
const elementTypes = registry.getEnum('onnx.TensorProto.DataType')!
const message = (name: string) => registry.getMessage(`onnx.${name}`)!

/** Returns the model in `bytes`; throws when they are not one. */
export function decode(bytes: Uint8Array): ModelProto {
  try {
    const model = fromBinary(message('ModelProto'), bytes) as unknown as ModelProto
    if (model.graph?.node.length)
      return model
  }
  catch {}
  throw new Error('the file is damaged')
}

/** Adds every intermediate tensor to the model's outputs, so that a runtime gives it back; returns its bytes. */
export function expose(model: ModelProto): Uint8Array {
  const { node, output, valueInfo } = model.graph!
  const known = new Set(output.map(({ name }) => name))
  for (const name of node.flatMap(node => node.output).filter(name => name && !known.has(name)))
    output.push(valueInfo.find(info => info.name === name) ?? create(message('ValueInfoProto'), { name }) as unknown as ValueInfo)
  return toBinary(message('ModelProto'), model as any)
}

const typed = { FLOAT: Float32Array, DOUBLE: Float64Array, INT32: Int32Array, INT64: BigInt64Array, UINT8: Uint8Array, INT8: Int8Array }
const stored = { FLOAT: 'floatData', DOUBLE: 'doubleData', INT32: 'int32Data', INT64: 'int64Data', UINT8: 'int32Data', INT8: 'int32Data' } as const
const SMALL = 64

function elementType(number = 0): string {
  return elementTypes.value[number]?.name ?? 'UNDEFINED'
}

function values(tensor: TensorProto): number[] | undefined {
  const type = elementType(tensor.dataType) as keyof typeof typed
  const size = tensor.dims.reduce((product, dim) => product * Number(dim), 1)
  if (!(type in typed) || size > SMALL)
    return undefined
  const raw = tensor.rawData.length ? new typed[type](tensor.rawData.slice().buffer) : tensor[stored[type]]
  return Array.from(raw as ArrayLike<number | bigint>, Number)
}

/** Returns the graph of a model in the form in which it is drawn. */
export function describe(model: ModelProto): Graph {
  const { node, initializer, input, output, valueInfo } = model.graph!
  const tensors: Record<string, Tensor> = {}
  for (const { name, type } of [...valueInfo, ...output, ...input]) {
    const tensor = type?.value.value
    tensors[name] = {
      type: elementType(tensor?.elemType).toLowerCase(),
      shape: tensor?.shape?.dim.map(({ value }) => typeof value.value === 'bigint' ? Number(value.value) : value.value ?? '?') ?? [],
    }
  }
  for (const tensor of initializer) {
    const small = values(tensor)
    tensors[tensor.name] = { type: elementType(tensor.dataType).toLowerCase(), shape: tensor.dims.map(Number), ...small && { values: small } }
  }
  const initializers = initializer.map(tensor => tensor.name)
  return {
    inputs: input.map(value => value.name).filter(name => !initializers.includes(name)),
    outputs: output.map(value => value.name),
    operators: node.map(({ opType, domain, input, output }) => ({ op: opType, domain, inputs: input.filter(Boolean), outputs: output.filter(Boolean) })),
    initializers,
    tensors,
  }
}
