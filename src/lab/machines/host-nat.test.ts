import { expect, test } from "bun:test";
import { parseChains } from "./host-nat.ts";

test("parseChains() reads the labs' tables and no others", () => {
  const text = `table ip nat {
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
	}
}
table ip nodewright-nwlab-a {
	chain forwarding_was_off {
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
	}
}
`;
  expect([...parseChains(text)]).toEqual([
    ["nodewright-nwlab-a", new Set(["forwarding_was_off", "postrouting"])],
  ]);
  expect(parseChains("").size).toBe(0);
});
