// Why the token endpoint refused a grant, for the log; the client is told invalid_grant and no more (RFC 6749, 5.2).

// What we say of a refresh token that the rules as they are now do not let go on.
export const LESS_THAN_DEMANDED = "refresh token was earned with less than the rules demand";

// By what the engine says of it.
const REASONS: Readonly<Record<string, string>> = {
  "code_verifier does not match code_challenge": "wrong-verifier",
  "code_verifier must be provided": "missing-verifier",
  "unsupported code_challenge_method": "verifier-without-challenge",
  "authorization code redirect_uri mismatch": "other-redirect-uri",
  "authorization code already consumed": "used-before",
  "refresh token already used": "used-before",
  [LESS_THAN_DEMANDED]: "less-than-the-rules-demand",
  "device code already consumed": "used-before",
  "already used": "used-before",
  "authorization code is expired": "expired",
  "refresh token is expired": "expired",
  "grant is expired": "grant-expired",
  "client mismatch": "other-client",
  "authorization code not found": "unknown",
  "refresh token not found": "unknown",
  "device code not found": "unknown",
  "already revoked": "revoked",
  "grant not found": "revoked",
  "authorization code invalid (referenced account not found)": "user-gone-or-changed",
  "refresh token invalid (referenced account not found)": "user-gone-or-changed",
  "accountId mismatch": "other-user",
  "DPoP proof JWT not provided": "missing-proof",
  "missing DPoP proof JWT": "missing-proof",
  "failed jkt verification": "other-key",
  "DPoP proof key thumbprint does not match dpop_jkt": "other-key",
};

// The reason for the log, of a refusal of any endpoint: for all but grants, the error's own name.
export function reasonOf(error: Error): string {
  if (error.message !== "invalid_grant") return error.message;
  const detail = "error_detail" in error ? error.error_detail : undefined;
  return (typeof detail === "string" ? REASONS[detail] : undefined) ?? "invalid-grant";
}
