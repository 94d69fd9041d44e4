// Refuses an old Node with a sentence. Plain JavaScript, so that an old Node can read it: it could not
// even load a .ts file.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `Latchkey needs Node 24 or newer; this is ${process.versions.node}. ` +
      "With npm, `npm ci` brings it along: start with `npm start` or `npx latchkey`.",
  );
  process.exit(1);
}
