/**
 * A message bus (D-Bus), as far as firewalld needs it: calls with texts and their answers.
 *
 * @module
 */
export { type DbusCall, DbusConnection, DbusError } from "./dbus-connection.ts";
export {
  type BodyValue,
  type DbusMessage,
  decodeMessage,
  encodeMessage,
  MESSAGE,
} from "./message.ts";
