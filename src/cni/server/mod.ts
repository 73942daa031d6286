/**
 * The resident server that answers calls of plugins which native/cni-client.c passes on. Root's alone,
 * and only for callers in its own network and mount namespace; every other caller falls back to the
 * full program.
 *
 * @module
 */

export type { Unit } from "../plugins/ipam/dhcp/units/dhcp-units.ts";
export {
  SERVER_SERVICE_UNIT,
  SERVER_SOCKET,
  SERVER_SOCKET_UNIT,
  serverUnits,
} from "./server-units.ts";
export { runServer, type ServerOptions } from "./supervisor.ts";
