// Every life, attempt, gap and cap, as published in config/limits.json. Each key ends in its unit.
import { z } from "zod";

const seconds = z.int().min(1);
const count = z.int().min(1);

export const limitsSchema = z.strictObject({
  codeLifeSeconds: z.int().min(1).max(600),
  attemptsPerCode: count,
  attemptsInARowUntilMail: count,
  // Mails to one user about sign-ins whose second step was not done.
  unfinishedSignInMailsPerDay: z.int().min(0),
  attemptsInARowUntilLock: count,
  attemptsInARowUntilOff: count,
  lockSeconds: seconds,
  sendGapSeconds: z.int().min(0),
  sendsPerChallenge: count,
  sendsPerNumberPerDay: count,
  // Of these, what users may have sent to a number that is another user's.
  strangerSendsPerNumberPercent: z.int().min(0).max(50),
  sendsPerUserPerDay: count,
  sendsPerAddressPerHour: count,
  sendsPerPrefixPerDay: count,
  sendsPerCountryPerDay: count,
  sendsPerDay: count,
  // Texts to numbers that their users have shown to be theirs may go beyond the caps of network, range, country and day
  // by so much.
  verifiedSendsReservePercent: z.int().min(0).max(100),
  smsBudgetPerDayCents: z.int().min(0),
  usersPerBoundPhone: count,
  interactionLifeSeconds: seconds,
  // Until its page is opened by the browser that began it: then it has its whole life.
  untouchedInteractionLifeSeconds: seconds,
  // Begun and not ended: each has a cookie of its own.
  interactionsPerBrowser: count,
  // What is stored of a request before anybody has proved anything, and how often for one network, by one process.
  authorizationRequestBytes: count,
  anonymousWritesPerNetworkPerMinute: count,
  sessionIdleSeconds: seconds,
  sessionAbsoluteSeconds: seconds,
  authorizationCodeLifeSeconds: z.int().min(1).max(60),
  // The device flow (RFC 8628, 5.1): how long its codes live, and how often codes are typed that a device shows.
  deviceCodeLifeSeconds: z.int().min(60).max(1800),
  userCodeTriesPerAddressPerHour: count,
  userCodeTriesPerHour: count,
  accessTokenLifeSeconds: seconds,
  idTokenLifeSeconds: z.int().min(1).max(3600),
  refreshTokenIdleSeconds: seconds,
  grantLifeSeconds: seconds,
  // How long the last refresh token works again, for tabs that refresh at once. The second is for tokens of public
  // clients that are bound to no key: whoever has copied one needs nothing else.
  refreshReuseGraceSeconds: z.int().min(0).max(60),
  refreshReuseGracePublicSeconds: z.int().min(0).max(60),
  // How old the first factor may be where a factor is enrolled, replaced or renewed.
  firstFactorAgeForEnrolmentSecondsMax: z.int().min(60),
  passwordAttemptsUntilLock: count,
  passwordLockSeconds: seconds,
  passwordLockSecondsMax: seconds,
  // For one name from one IPv6 /56 and /48; the first figure is for a /64 and an IPv4 /24.
  passwordAttemptsPer56UntilLock: count,
  passwordAttemptsPer48UntilLock: count,
  // For one name from everywhere but its user's browsers and networks. Then each attempt locks, ever longer.
  passwordAttemptsPerNameUntilLock: count,
  passwordNameLockSecondsMax: seconds,
  // For one network over all names: a /64 or an IPv4 /24, a /56, a /48.
  passwordFailuresPerAddress: count,
  passwordFailuresPer56: count,
  passwordFailuresPer48: count,
  passwordFailuresPerAddressWindowSeconds: seconds,
  // So long a password may wait for its hash; who would wait longer is refused at once.
  passwordHashWaitSecondsMax: seconds,
  smsTimeoutSeconds: z.int().min(1).max(30),
  smsFailuresUntilOpen: count,
  smsOpenSeconds: z.int().min(1).max(3600),
  pumpingWindowSeconds: seconds,
  // So long nobody is expected to have typed the code of a text.
  pumpingGraceSeconds: z.int().min(0),
  pumpingSendsMin: count,
  // Of the texts whose code nobody typed, so many of one user, one network or one range count for a wider place.
  pumpingSendsPerSourceMax: count,
  pumpingVerifiedPercentMin: z.int().min(0).max(100),
  // How long a pause lasts, and the texts of the trial after it.
  pumpingPauseSeconds: seconds,
  pumpingTrialSends: count,
  mailTimeoutSeconds: z.int().min(1).max(120),
  // The pauses after the first failure, the second, and so on; after the last one a mail, or a text without a
  // code, is given up.
  mailRetrySeconds: z.array(z.int().min(1).max(43_200)).max(5).readonly(),
  // The pauses between attempts at telling an application of a logout; after the last one it is given up.
  backchannelLogoutRetrySeconds: z.array(z.int().min(1).max(3_600)).max(5).readonly(),
  // Links that are mailed before a first phone is bound; the gap doubles within an interaction.
  mailedLinkGapSeconds: z.int().min(0),
  mailedLinksPerInteraction: count,
  mailedLinksPerUserPerDay: count,
  mailedLinkAttemptsPerInteraction: count,
  // Links that are mailed to who has forgotten the password, and how long after that a phone is not to be changed.
  recoveryLinkLifeSeconds: z.int().min(1).max(86_400),
  recoveryMailsPerUserPerDay: count,
  recoveryRequestsPerAddressPerHour: count,
  recoveryRequestsPerHour: count,
  recoveryTriesPerLink: count,
  phoneChangeAfterRecoverySeconds: z.int().min(0),
  signingKeyPublishSeconds: z.int().min(0),
  // So long every process knows a new data key before it is used.
  dataKeyPublishSeconds: z.int().min(5).max(3600),
  // So much of the log waits for somebody to read it; what comes after that is dropped and counted.
  logQueueBytesMax: count,
});

export type Limits = Readonly<z.infer<typeof limitsSchema>>;
