"""The Python SDK's client against one URL: python python_client.py URL MODE. The last line on stdout is JSON."""

import json
import sys

import anyio
import mcp_types as types
from mcp import Client


async def elicit(_context, params):
    return types.ElicitResult(action="accept", content={"name": "Ada"})


async def main(url: str, mode: str) -> None:
    progress = []

    async def on_progress(value, total, message):
        progress.append({"progress": value, "total": total, "message": message})

    async with Client(url, mode=mode, elicitation_callback=elicit) as client:
        tools = await client.list_tools()
        echo = await client.call_tool("echo", {"text": "hello"})
        slow = await client.call_tool("echo", {"text": "slow", "delayMs": 600}, progress_callback=on_progress)
        analysis = await client.call_tool("run_analysis", {"rows": 10_000, "chunkSize": 500})
        asked = await client.call_tool("test_input_required_result_elicitation", {})
        resource = await client.read_resource("test://static-text")
        prompt = await client.get_prompt("test_simple_prompt")
        print(
            json.dumps(
                {
                    "revision": client.protocol_version,
                    "tools": [tool.name for tool in tools.tools],
                    "echo": echo.content[0].text,
                    "slow": slow.content[0].text,
                    "progress": progress,
                    "rows": analysis.structured_content["metadata"]["rowsProcessed"],
                    "asked": asked.content[0].text,
                    "resource": resource.contents[0].text,
                    "messages": len(prompt.messages),
                }
            )
        )


anyio.run(main, *sys.argv[1:])
