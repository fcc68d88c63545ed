// Judges join tokens by LiveKit's own SDK: {"key", "secret", "tokens": [...]} on
// standard input, for each its claims or {"error"} on standard output.
import { readFileSync } from 'node:fs'
import { TokenVerifier } from 'livekit-server-sdk'

const { key, secret, tokens } = JSON.parse(readFileSync(0, 'utf8'))
const verifier = new TokenVerifier(key, secret)
const judged = []
for (const token of tokens) {
  try {
    judged.push(await verifier.verify(token))
  } catch (error) {
    judged.push({ error: String(error) })
  }
}
console.log(JSON.stringify(judged))
