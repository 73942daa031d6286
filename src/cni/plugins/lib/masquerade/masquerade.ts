import { formatInterfaceAddress, type InterfaceAddress } from "../../../../ip/mod.ts";
import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import { openNft, openNftIfThere, probeNft } from "../../../../nft/mod.ts";
import { SyscallError } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { PluginHost, PluginRequest } from "../../../skel/plugin.ts";
import { attemptAllSync } from "../attempt-all.ts";
import { checkFailed } from "../check-failed.ts";
import { Iptables, type LeftoverPlace } from "../iptables/mod.ts";
import type { Owner } from "../owner.ts";
import {
  collectIptablesMasquerade,
  missingIptablesMasquerade,
  setUpIptablesMasquerade,
  tearDownIptablesMasquerade,
} from "./iptables-masquerade.ts";
import {
  collectNftMasquerade,
  missingNftMasquerade,
  setUpNftMasquerade,
  tearDownNftMasquerade,
} from "./nft-masquerade.ts";

const BACKENDS = ["nftables", "iptables"] as const;
type Backend = (typeof BACKENDS)[number];

/**
 * Masquerading of one attachment, as `ipMasq` and `ipMasqBackend` of its configuration say.
 * Without a backend named: nftables where the kernel has it, iptables otherwise. To be closed at
 * the very end: in the kernel, closing waits for what was deleted, and other work meanwhile costs
 * nothing. So DEL tears it down first, deletes the link, and then closes.
 */
export class Masquerade implements Disposable {
  readonly #request: PluginRequest;
  readonly #env: PluginHost["env"];
  readonly #isWanted: boolean;
  readonly #backend: Backend | undefined;
  #conn: Conn | undefined;

  /** CniError 7 where the configuration's keys are wrong; DEL and GC take any. */
  constructor(request: PluginRequest, host: Pick<PluginHost, "env">) {
    this.#request = request;
    this.#env = host.env;
    const { object } = request.conf;
    const isTearingDown = request.command === "DEL" || request.command === "GC";
    this.#isWanted = isTearingDown
      ? (object.value("ipMasq") ?? false) !== false
      : (object.boolean("ipMasq") ?? false);
    this.#backend = isTearingDown ? undefined : object.choice("ipMasqBackend", BACKENDS);
  }

  /** ADD: masquerades these addresses of the pod, if the configuration wants it. */
  setUp(addresses: readonly InterfaceAddress[]): void {
    if (!this.#isWanted || addresses.length === 0) return;
    if (this.#backend !== "iptables") {
      if (this.#inNft((conn) => setUpNftMasquerade(conn, this.#owner, addresses))) return;
    }
    setUpIptablesMasquerade(this.#env, this.#owner, addresses);
  }

  /**
   * DEL: takes away what any backend made for this attachment, by its name alone; what is not
   * there is no error. Where the configuration wants no masquerading there is nothing to look for.
   */
  tearDown(): void {
    if (!this.#isWanted) return;
    attemptAllSync([
      () => {
        const conn = this.#findConn();
        if (conn !== undefined) tearDownNftMasquerade(conn, this.#owner);
      },
      () => tearDownIptablesMasquerade(this.#leftovers(), this.#owner),
    ]);
  }

  /** CHECK: CniError 999 where one of these addresses is not masqueraded and should be. */
  check(addresses: readonly InterfaceAddress[]): void {
    if (!this.#isWanted) return;
    let missing = addresses;
    if (this.#backend !== "iptables") {
      const conn = this.#findConn();
      if (conn !== undefined) missing = missingNftMasquerade(conn, this.#owner, missing);
    }
    if (this.#backend !== "nftables" && missing.length > 0 && this.#hasIptables) {
      missing = missingIptablesMasquerade(this.#env, this.#owner, missing);
    }
    if (missing.length === 0) return;
    throw checkFailed(
      this.#request,
      `${missing.map(formatInterfaceAddress).join(", ")} is not masqueraded`,
    );
  }

  /** GC: takes away what any backend made for attachments of this network that are gone. */
  collect(): void {
    const { name, validAttachments } = this.#request.conf;
    if (validAttachments === undefined) return;
    attemptAllSync([
      () => {
        const conn = this.#findConn();
        if (conn !== undefined) collectNftMasquerade(conn, name, validAttachments);
      },
      () => collectIptablesMasquerade(this.#leftovers(), name, validAttachments),
    ]);
  }

  /** STATUS: CniError 50 where this machine has not got the backend. */
  status(): void {
    if (!this.#isWanted) return;
    if (this.#backend !== "iptables" && probeNft()) return;
    if (this.#backend !== "nftables" && this.#hasIptables) return;
    throw noBackend(CNI_ERROR.notAvailable, this.#backend);
  }

  get #owner(): Owner {
    const { containerId, ifName, conf } = this.#request;
    return { network: conf.name, containerId, ifName };
  }

  get #hasIptables(): boolean {
    return new Iptables(4, { env: this.#env }).isInstalled;
  }

  #leftovers(): LeftoverPlace {
    return { conn: this.#findConn(), env: this.#env };
  }

  /** Does it in nftables; false where the kernel has none and another backend may be taken. */
  #inNft(body: (conn: Conn) => void): boolean {
    try {
      this.#conn ??= openNft();
      body(this.#conn);
      return true;
    } catch (thrown) {
      const isKernels = thrown instanceof NetlinkError || thrown instanceof SyscallError;
      if (!isKernels || probeNft()) throw thrown;
      if (this.#backend === "nftables" || !this.#hasIptables) {
        throw noBackend(CNI_ERROR.internal, this.#backend, thrown);
      }
      return false;
    }
  }

  /** The connection, where the kernel has nftables. */
  #findConn(): Conn | undefined {
    this.#conn ??= openNftIfThere();
    return this.#conn;
  }

  [Symbol.dispose](): void {
    this.#conn?.[Symbol.dispose]();
    this.#conn = undefined;
  }
}

function noBackend(code: number, backend: Backend | undefined, cause?: unknown): CniError {
  const what =
    backend === undefined ? "neither nftables nor iptables is there" : `${backend} is not there`;
  const fix =
    backend === "iptables"
      ? "Install the package iptables, or leave ipMasqBackend out"
      : "Load the kernel module nf_tables, or install the package iptables";
  return new CniError(code, `Cannot masquerade: ${what}`, {
    fix,
    ...(cause === undefined ? {} : { cause }),
  });
}
