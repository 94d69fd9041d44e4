// A test of what the embedded store does not have: several processes. It is registered only in a run on MongoDB.
const onMongodb = process.env.TEST_STORE_URI !== undefined;

export function itOnMongodb(title: string, test: () => Promise<void>): void {
  if (onMongodb) it(title, test);
}
