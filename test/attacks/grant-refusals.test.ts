// What the log says of a code or a refresh token that was refused, and what nobody else is told.
import assert from "node:assert/strict";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { until } from "../support/until.ts";
import {
  exchangeFields,
  openScene,
  postToken,
  type Scene,
  signedIn,
  tokensFor,
  wait,
} from "./scene.ts";

const LIVES = { authorizationCodeLifeSeconds: 3, refreshTokenIdleSeconds: 3 };

type Fields = Record<string, string>;

describe("refused grants", () => {
  let scene: Scene;
  let other: RelyingParty;
  before(async () => {
    scene = await openScene({ limits: { refreshReuseGraceSeconds: 0, ...LIVES } });
    other = await registerRelyingParty(scene.server, { id: "other", sms: "off" });
  });
  after(() => scene.server.close());

  const refusals = () =>
    scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes('"grant.error"'))
      .map((line) => JSON.parse(line));

  // Posts, and gives back the line that the log then has.
  async function refused(party: RelyingParty, fields: Fields) {
    const before = refusals().length;
    const answer = await postToken(scene.server, party, fields);
    assert.equal(answer.status, 400);
    const { error, error_description: description } = answer.body;
    assert.deepEqual([error, description], ["invalid_grant", "grant request is invalid"]);
    await until(() => refusals().length > before);
    for (const secret of [fields.code, fields.code_verifier, fields.refresh_token]) {
      if (secret) assert.ok(!scene.server.output().includes(secret));
    }
    return refusals().at(-1);
  }

  const CASES: { because: string; change: (fields: Fields) => Fields; party?: "other" }[] = [
    { because: "wrong-verifier", change: (f) => ({ ...f, code_verifier: "b".repeat(43) }) },
    { because: "missing-verifier", change: ({ code_verifier: _, ...fields }) => fields },
    {
      because: "other-redirect-uri",
      change: (f) => ({ ...f, redirect_uri: "https://strict.example/x" }),
    },
    { because: "other-client", change: (fields) => fields, party: "other" },
    { because: "unknown", change: (fields) => ({ ...fields, code: "x".repeat(43) }) },
  ];
  for (const { because, change, party } of CASES) {
    it(`says ${because} of a code in the log, and no more than invalid_grant to the client (TOK-32)`, async () => {
      const visit = await signedIn(scene, scene.strict, scene.victim());
      const fields = change(exchangeFields(scene.strict, visit));
      const line = await refused(party === undefined ? scene.strict : other, fields);
      assert.equal(line.because, because);
      assert.equal(line.clientId, party ?? "strict");
    });
  }

  it("says that a code or a refresh token was used before (TOK-32)", async () => {
    const { server, strict } = scene;
    const visit = await signedIn(scene, strict, scene.victim());
    const fields = exchangeFields(strict, visit);
    assert.equal((await postToken(server, strict, fields)).status, 200);
    assert.equal((await refused(strict, fields)).because, "used-before");

    const { refresh_token = "" } = await tokensFor(scene, strict, scene.victim());
    const again = { grant_type: "refresh_token", refresh_token };
    assert.equal((await postToken(server, strict, again)).status, 200);
    assert.equal((await refused(strict, again)).because, "used-before");
  });

  it("says that a code or a refresh token came after its end (TOK-32)", async () => {
    const { strict } = scene;
    const visit = await signedIn(scene, strict, scene.victim());
    const { refresh_token = "" } = await tokensFor(scene, strict, scene.victim());
    await wait(3_100);
    assert.equal((await refused(strict, exchangeFields(strict, visit))).because, "expired");
    const late = { grant_type: "refresh_token", refresh_token };
    assert.equal((await refused(strict, late)).because, "expired");
  });
});
