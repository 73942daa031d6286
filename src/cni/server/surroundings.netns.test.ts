import { expect, test } from "bun:test";
import { Netns, withNetns } from "../../netns/mod.ts";
import { CallerCheck } from "./surroundings.ts";

test("a thread that was started in a pod's namespace is not at home", async () => {
  using netns = Netns.create();
  const check = new CallerCheck();
  expect(check.isAtHome()).toBe(true);
  const worker = withNetns(
    netns,
    () => new Worker("data:text/javascript,setInterval(()=>{},1000)"),
  );
  expect(check.isAtHome()).toBe(false);
  worker.terminate();
});
