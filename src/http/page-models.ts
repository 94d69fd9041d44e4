// What each page needs to be drawn: the routes fill these in, the templates in views/ read them.
// Words are keys of the language catalogs; instants are milliseconds since 1970.
import type { Refusal } from "../domain/interaction.ts";
import type { LoginName, UserPhone } from "../domain/user.ts";
import type { Delivery } from "./code-facts.ts";
import type { DemoModel, DemoTokensModel } from "./demo-models.ts";
import type { DeviceEndModel, UserCodeConfirmationModel, UserCodeModel } from "./device-models.ts";
import type { Message } from "./language.ts";
import type {
  NewPasswordModel,
  RecoveredModel,
  RecoveryModel,
  RecoveryOverModel,
  RecoveryRequestedModel,
} from "./recovery-models.ts";

// What stands around every page.
export interface PageFrame {
  // Path prefix of the issuer: "" or for example "/auth".
  readonly base: string;
  readonly brand: string;
  // The application that the person is on the way to, where there is one.
  readonly applicationName: string | null;
  // What the application shows of itself; addresses are https.
  readonly about?: ApplicationAbout;
  // Absent: the person is on the way to the application alone. Else the bound phone is replaced on the way.
  readonly changesPhone?: boolean;
  // When the page is drawn; countdowns run from here, so a wrong clock in the browser does no harm.
  readonly now: number;
}

export interface ApplicationAbout {
  readonly logo: string | null;
  readonly links: readonly { readonly key: AboutKey; readonly href: string }[];
}

export type AboutKey = "about.client" | "about.policy" | "about.tos";

export interface Framed {
  readonly frame: PageFrame;
}

// A page of an interaction: its form, and the way out.
interface StepPage extends Framed {
  readonly csrf: string;
  readonly abortAction: string;
}

// One sentence, at the field that it is about; field null: about the whole form.
export interface Problem<Field extends string> {
  readonly field: Field | null;
  readonly message: Message;
}

export interface SignInModel extends StepPage {
  readonly action: string;
  readonly login: string;
  // Asked for once more, before a factor is enrolled.
  readonly again: boolean;
  // Where somebody goes who has forgotten the password; null: nowhere.
  readonly recoveryHref: string | null;
  readonly error: Problem<"login" | "password"> | null;
  // When trying makes sense again, after too many tries.
  readonly retryAt: number | null;
}

export interface Country {
  // ISO 3166-1 alpha-2, which is what the form sends.
  readonly code: string;
  readonly name: string;
  // Without the plus.
  readonly callingCode: string;
}

// The two fields for a number.
export interface PhoneFields {
  readonly phone: string;
  // ISO code, or "" while the number begins with +.
  readonly country: string;
  readonly countries: readonly Country[];
}

export interface BindPhoneModel extends StepPage, PhoneFields {
  readonly action: string;
  readonly error: Problem<"phone" | "country"> | null;
  readonly retryAt: number | null;
}

export interface CodeModel extends StepPage {
  readonly action: string;
  readonly resendAction: string;
  readonly maskedPhone: string;
  // 0: the code is dead, and a new one can be asked for.
  readonly attemptsLeft: number;
  readonly expiresAt: number;
  // When the next text may go out; null or past: now.
  readonly resendAt: number | null;
  readonly delivery: Delivery;
  // False: no text went out yet, and the page has one button that sends it.
  readonly sent: boolean;
  readonly binding: boolean;
  // The form for another number, only while binding; null: the number cannot be changed here.
  readonly replace: (PhoneFields & { readonly phoneAction: string }) | null;
  // The form for a recovery code; null: none would be taken.
  readonly recovery: { readonly action: string } | null;
  readonly error: Problem<"code" | "phone" | "country" | "recovery_code"> | null;
  readonly notice: Message | null;
  // Too many wrong codes of this user: nothing can be typed or sent.
  readonly locked: boolean;
  // Until when codes are locked; null: they are not, or for good.
  readonly retryAt: number | null;
}

export interface RecoveryCodesModel extends StepPage {
  readonly action: string;
  // None: they cannot be computed any more, and there is nothing to keep.
  readonly codes: readonly string[];
}

export interface MailedLinkModel extends StepPage {
  // Sends the link, again or in the first place.
  readonly action: string;
  readonly maskedAddress: string;
  // A link is on its way, and works.
  readonly usable: boolean;
  readonly expiresAt: number;
  // False: no other mail can be sent in this sign-in.
  readonly mayResend: boolean;
  // When the next mail may go out; null or past: now.
  readonly resendAt: number | null;
  readonly error: Problem<never> | null;
  readonly retryAt: null;
}

// Where a mailed link leads.
export interface LinkModel extends StepPage {
  readonly action: string;
  readonly token: string;
}

export interface RefusedModel extends StepPage {
  readonly because: Refusal;
}

export interface ConsentModel extends StepPage {
  readonly action: string;
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
}

// The user's own page.
export interface AccountModel extends Framed {
  readonly csrf: string;
  readonly name: string | null;
  // Numbers are masked.
  readonly logins: readonly { readonly kind: LoginName["kind"]; readonly value: string }[];
  readonly phone: { readonly masked: string; readonly status: UserPhone["status"] } | null;
  // Where a first phone is bound, or another one takes the place of the one that is there.
  readonly phoneAction: string;
  // Why neither may be done by the user; null: it may.
  readonly phoneBar: Refusal | null;
  readonly signOutAction: string;
}

// Where a sign-in for it ends that came to nothing.
export interface AccountLeftModel extends Framed {
  readonly again: string;
}

export interface LogoutModel extends Framed {
  // The engine's own form with its hidden fields, id "op.logoutForm": trusted HTML, drawn as it is.
  readonly engineForm: string;
}

export interface LoggedOutModel extends Framed {
  readonly back: string | null;
}

export interface ErrorModel extends Framed {
  readonly status: number;
  readonly title: Message;
  readonly sentence: Message;
  // What the standard lets the browser see of an OAuth error.
  readonly detail: { readonly error: string; readonly error_description: string | null } | null;
  // A way on.
  readonly back: { readonly href: string; readonly label: Message } | null;
  readonly retryAfterSeconds: number | null;
}

export interface FormField {
  readonly name: string;
  readonly value: string;
}

// A form that submits itself, with a button for browsers without scripts.
export interface SubmitFormModel extends Framed {
  readonly kind: "form-post" | "switch-user" | "sign-out";
  readonly action: string;
  readonly fields: readonly FormField[];
}

export interface PageModels {
  "sign-in": SignInModel;
  "bind-phone": BindPhoneModel;
  // A number that comes in the place of the one that was bound.
  "new-phone": BindPhoneModel;
  code: CodeModel;
  "recovery-codes": RecoveryCodesModel;
  "mailed-link": MailedLinkModel;
  link: LinkModel;
  recovery: RecoveryModel;
  "recovery-requested": RecoveryRequestedModel;
  "new-password": NewPasswordModel;
  recovered: RecoveredModel;
  "recovery-over": RecoveryOverModel;
  refused: RefusedModel;
  consent: ConsentModel;
  account: AccountModel;
  "account-left": AccountLeftModel;
  "user-code": UserCodeModel;
  "user-code-confirmation": UserCodeConfirmationModel;
  "device-end": DeviceEndModel;
  logout: LogoutModel;
  "logged-out": LoggedOutModel;
  error: ErrorModel;
  "submit-form": SubmitFormModel;
  demo: DemoModel;
  "demo-tokens": DemoTokensModel;
}

export type PageName = keyof PageModels;
