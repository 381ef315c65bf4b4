import { toolEnvironment } from '../../scripts/toolbox.mjs';

/** A Python with the `mcp` package (`npm run tools` makes it), or undefined. */
export const python = toolEnvironment().MCP_PYTHON || undefined;
