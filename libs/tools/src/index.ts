export { ToolError } from '@mcp-cluster/protocol';
export { collectDefinitions, type CollectedDefinition } from './collect-definitions.js';
export {
  assistantMessage,
  audio,
  content,
  embedded,
  image,
  resourceContents,
  resourceLink,
  structured,
  text,
  userMessage,
  type Bytes,
  type Contents,
} from './content.js';
export { isDecoratedClass, type Class } from './declarations.js';
export { jsonSchema } from './json-schema.js';
export { chunks, reportRows, type Chunk } from './progress.js';
export { Prompt, type PromptArguments, type PromptOptions } from './prompt.decorator.js';
export { Resource, type ResourceOptions, type ResourceTemplateOptions } from './resource.decorator.js';
export { Tool, type ToolArguments, type ToolInput, type ToolOptions, type ToolValue } from './tool.decorator.js';
export type { ToolContext } from './tool-context.js';
export type { UriVariables } from './uri-variables.js';
