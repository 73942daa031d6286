import { expect, test } from "bun:test";
import net from "node:net";
import { dial } from "./dial.ts";

test("dial() tells a port that answers from one that does not and from a name that nobody knows", async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // cast: a listening TCP server has an address of this form
  const { port } = server.address() as net.AddressInfo;
  expect(await dial("127.0.0.1", port, 5_000)).toEqual({ ok: true });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(await dial("127.0.0.1", port, 5_000)).toMatchObject({ ok: false, code: "ECONNREFUSED" });
  const unknown = await dial("no-such-host.invalid", port, 5_000);
  expect(unknown.ok).toBe(false);
});
