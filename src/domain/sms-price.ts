// What a text costs, by country.
import { z } from "zod";

export const smsPricesSchema = z.strictObject({
  // ISO 4217.
  currency: z.string().regex(/^[A-Z]{3}$/),
  // Per segment, in the currency. For countries that are not listed; rather too much than too little.
  default: z.number().min(0).max(100),
  countries: z.record(z.string().regex(/^[A-Z]{2}$/), z.number().min(0).max(100)),
});

export type SmsPrices = Readonly<z.infer<typeof smsPricesSchema>>;

// The price of so many segments to a country, in millionths of the currency.
export function priceMicros(prices: SmsPrices, country: string, segments: number): number {
  return Math.round((prices.countries[country] ?? prices.default) * 1_000_000) * segments;
}
