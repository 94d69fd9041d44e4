import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createDataKey,
  deriveKey,
  openVault,
  unwrapDataKey,
  wrapDataKey,
} from "../../src/domain/vault.ts";

describe("openVault", () => {
  const dataKey = createDataKey();
  const vault = openVault(dataKey);

  it("opens any text that it sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, context) => {
        assert.equal(vault.open(vault.seal(text, context), context), text);
      }),
    );
  });

  it("never seals a text the same way twice", () => {
    assert.notDeepEqual(vault.seal("text", "users"), vault.seal("text", "users"));
  });

  it("does not open what was moved elsewhere", () => {
    const sealed = vault.seal("text", "users");
    assert.throws(() => vault.open(sealed, "numbers"));
  });

  it("does not open what was changed in any bit", () => {
    const sealed = vault.seal("text", "users");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.throws(() => vault.open(changed, "users"));
    }
  });

  it("does not open what was cut short, down to nothing", () => {
    const sealed = vault.seal("text", "users");
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => vault.open(sealed.subarray(0, length), "users"));
    }
  });

  it("does not open what another data key sealed", () => {
    assert.throws(() => openVault(createDataKey()).open(vault.seal("text", "users"), "users"));
  });

  it("finds a value by the same index, and nothing else by it", () => {
    assert.equal(vault.index("email", "a@b.c"), openVault(dataKey).index("email", "a@b.c"));
    const others = [
      vault.index("username", "a@b.c"),
      vault.index("email", "a@b.d"),
      vault.index("emaila", "@b.c"),
      openVault(createDataKey()).index("email", "a@b.c"),
    ];
    assert.ok(!others.includes(vault.index("email", "a@b.c")));
    assert.ok(!vault.index("email", "a@b.c").includes("a@b.c"));
  });

  it("derives another key for every purpose, none of them its own", () => {
    const keys = ["codes", "seal", "index"].map((purpose) => vault.derive(purpose).toString("hex"));
    const own = ["seal", "index"].map((purpose) => deriveKey(dataKey, purpose).toString("hex"));
    assert.equal(new Set([...keys, ...own]).size, 5);
    assert.equal(vault.derive("codes").length, 32);
  });
});

describe("unwrapDataKey", () => {
  const dataKey = createDataKey();
  const wrapped = wrapDataKey(dataKey, "first secret");

  it("opens with the secret that wrapped it", () => {
    assert.deepEqual(unwrapDataKey(wrapped, ["first secret"]), { dataKey, byFirst: true });
  });

  it("opens with an older secret, and says that it should be wrapped again", () => {
    const unwrapped = unwrapDataKey(wrapped, ["new secret", "first secret"]);
    assert.deepEqual(unwrapped, { dataKey, byFirst: false });
  });

  it("opens with no other secret", () => {
    assert.equal(unwrapDataKey(wrapped, ["another"]), null);
    assert.equal(unwrapDataKey(wrapped, []), null);
  });

  it("does not show the data key", () => {
    assert.equal(wrapped.includes(dataKey), false);
  });
});
