// The project around this addon lends its tests what they run on: packages and a Python.
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
export const python = join(root, '.venv', ...process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'])
