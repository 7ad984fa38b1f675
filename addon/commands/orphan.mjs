// Ends this process when its parent has ended: npm passes SIGTERM to its shell, and no further.
const parent = process.ppid
if (process.env.npm_lifecycle_event)
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 500).unref()
