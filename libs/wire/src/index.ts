export { beginRequestSchema, MAX_BRANCHES, MAX_SAGA_STEPS, MAX_TIMEOUT_MS } from './begin-request.js';
export type { BeginRequest, BeginRequestInput } from './begin-request.js';
export { canonicalBodyHash, canonicalJson } from './body-hash.js';
export { PACK_VERSION, WIRE_VERSION, WIRE_VERSIONS } from './channels.js';
export { deadLetterOf, MAX_DEAD_VALUE_BYTES } from './dead-letter.js';
export type { RefusedRecord, Refuser } from './dead-letter.js';
export {
  decodeCommands, decodeDeadLetter, decodeInitiator, decodeOutcome, decodeReplies, decodeRequest,
} from './decode.js'; // prettier-ignore
export type { Decoded, DecodeFault, DecodeResult, RawRecord, Undecodable } from './decode.js';
export {
  encodeCommand, encodeDeadLetter, encodeInitiator, encodeOutcome, encodeReply, encodeRequest, outcomeKey, OversizeError,
} from './encode.js'; // prettier-ignore
export type { EncodedRecord, EncodeOptions } from './encode.js';
export { packCommands, packReplies } from './pack.js';
export { MAX_PACK_MESSAGES, packSchema } from './pack-schema.js';
export type { Letter } from './pack.js';
export { describeFaults, inputFaults, jsonPointer } from './faults.js';
export type { InputFault } from './faults.js';
export {
  commandSchemas, deadLetterSchemas, initiatorSchemas, outcomeSchemas, replySchemas, requestSchemas,
} from './messages.js'; // prettier-ignore
export {
  attemptNumber,
  clipText,
  gtxId,
  id,
  isJsonPayload,
  jsonPayload,
  MAX_PAYLOAD_DEPTH,
  text,
} from './scalars.js';
export {
  MAX_RECORD_BYTES, MAX_TOPIC_RECORD_BYTES, TOPIC_PREFIX, TOPIC_RETENTION_MS, topicNames, topicPolicies,
} from './topics.js'; // prettier-ignore
export type { TopicLayout, TopicPolicy, Topics } from './topics.js';
export { TRACEPARENT } from './trace.js';
export type {
  CommandMessage, DeadLetterMessage, InitiatorMessage, OutcomeMessage, ReplyMessage, RequestMessage,
} from './types.js'; // prettier-ignore
