/**
 * Bodies of requests in application/vnd.kubernetes.protobuf, read as the JSON that they stand for.
 * Answers are always JSON: every client that sends protobuf takes JSON as well. Pure.
 *
 * @module
 */
export { decodeMessage, type Envelope, openEnvelope } from "./decode.ts";
