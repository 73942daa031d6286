import type { LeaseHost } from "../daemon/lease-host.ts";
import { FakeJournal } from "./fake-journal.ts";
import { FakeLinks } from "./fake-links.ts";
import { FakeServer } from "./fake-server.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Everything that a daemon has, without a kernel: one network, by default with one server. */
export class FakeHost implements LeaseHost {
  readonly clock = new VirtualClock();
  readonly journal = new FakeJournal();
  readonly servers: FakeServer[];
  readonly links: FakeLinks;
  readonly lines: string[] = [];
  readonly settings = {
    timeoutMs: 10_000,
    resendMaxMs: 62_000,
    resendTimeoutMs: 208_000,
    broadcast: false,
  };

  constructor(servers = [new FakeServer()]) {
    this.servers = servers;
    this.links = new FakeLinks(this.clock, servers);
  }

  get server(): FakeServer {
    const [first] = this.servers;
    if (first === undefined) throw new Error("There is no server");
    return first;
  }

  readonly random = (): number => 0.5;
  readonly log = (line: string): void => {
    this.lines.push(line);
  };
}
