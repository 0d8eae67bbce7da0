// The TypeScript SDK's client: node sdk_client.mjs URL sse|http. Lists and calls, and prints what came as one line of JSON.
// By SSE it subscribes too: it says "subscribed" on its own line, and waits for the update.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'

const [url, kind] = process.argv.slice(2)
const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport
const client = new Client({ name: 'typescript-7', version: '1' })
const updated = new Promise((resolve) =>
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri)),
)
await client.connect(new Transport(new URL(url)))
const { tools } = await client.listTools()
const written = await client.callTool({ name: 'add_progress_event', arguments: { summary: `by ${kind}` } })
const summary = await client.callTool({ name: 'get_state_summary', arguments: {} })
const refused = await client.callTool({ name: 'get_task', arguments: { task: 'NONE-WP-0001-T01' } })
const { contents } = await client.readResource({ uri: 'state://summary' })
const { prompts } = await client.listPrompts()
let heard = null
if (kind === 'sse') {
  await client.subscribeResource({ uri: 'state://tasks/ready' })
  console.log('subscribed')
  heard = await updated
}
console.log(
  JSON.stringify({
    tools: tools.map(({ name }) => name),
    author: written.structuredContent.author,
    totals: summary.structuredContent.totals,
    refused: refused.isError && refused.content[0].text,
    resource: JSON.parse(contents[0].text),
    prompts: prompts.map(({ name }) => name),
    heard,
  }),
)
await client.close()
