// Hashing of passwords, off the main thread and through a bounded queue.

export interface PasswordHasher {
  // A new hash in the store's form. Throws UnavailableError when too many wait already.
  hash(password: string): Promise<string>;
  // Whether it matches; a null hash never does, but takes the time that a real one takes, so that an
  // unknown user cannot be told from a wrong password. `outdated`: it should be hashed anew.
  verify(
    hash: string | null,
    password: string,
  ): Promise<{ readonly matches: boolean; readonly outdated: boolean }>;
}
