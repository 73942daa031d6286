/**
 * `macspoofchk` of the bridge plugin, in nftables, in the format of the reference plugin.
 *
 * @module
 */
export {
  collectSpoofChecks,
  isSpoofChecked,
  type SpoofCheckSpec,
  setUpSpoofCheck,
  tearDownSpoofCheck,
} from "./spoof-check.ts";
