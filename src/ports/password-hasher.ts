// Hashing of passwords, off the main thread and through one queue, which refuses when the wait would be too long.

export interface PasswordHasher {
  // A new hash in the store's form, of a password in its normal form. Throws UnavailableError when too many wait.
  hash(password: string): Promise<string>;
  // Whether a password, as it was typed, matches; a null hash never does, but takes the time that a real one takes, so
  // that an unknown user cannot be told from a wrong password. `replacement`: a new hash of the same password, in its
  // normal form, to be stored in place of this one. Throws UnavailableError as `hash` does, and when nobody can tell.
  verify(
    hash: string | null,
    typed: string,
  ): Promise<{ readonly matches: boolean; readonly replacement: string | null }>;
}
