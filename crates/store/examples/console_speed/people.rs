//! Invented people: names as common and as rare as names are, and numbers that are nobody's.

use proxycall_domain::{ClientId, MailAddress, NewClient, NumberType, PersonName, PhoneNumber, search};
use proxycall_service::ports::ledger::{ImportClient, ImportNumber};

/// The digits of the first client's real number, of the first courier's, and of all proxy numbers: 15 digits each.
const REAL: u64 = 336_399_800_000_000;
const COURIER: u64 = 336_399_890_000_000;
const PROXY: u64 = 331_990_000_000_000;
/// So that neighbours in id are none in number. `fill.rs` has the same in SQL.
const STRIDE: u64 = 61_803_399;
const PROXIES: u64 = 100_000_000;

const FIRST_NAMES: &[&str] = &[
    "Marie",
    "Jean",
    "Camille",
    "Élodie",
    "Mohamed",
    "Jeanne",
    "Pierre",
    "Zoé",
    "Lucas",
    "Chloé",
    "Anne-Marie",
    "Hugo",
    "Inès",
    "Jean-Pierre",
    "Manon",
    "Léa",
    "Noël",
    "François",
    "Aïcha",
    "Gaëlle",
    "Nathan",
    "Sébastien",
    "Théo",
    "Mathilde",
    "Yasmine",
    "Bruno",
    "Karim",
    "Agnès",
    "Loïc",
    "Margaux",
    "Paul",
    "Sofia",
    "Victor",
    "Wanda",
    "Xavier",
    "Ursule",
    "Quentin",
    "Rose",
];
const LAST_NAMES: &[&str] = &[
    "Martin",
    "Bernard",
    "Dupont",
    "Petit",
    "Durand",
    "Leroy",
    "Moreau",
    "Simon",
    "Laurent",
    "Lefèvre",
    "Michel",
    "Garcia",
    "David",
    "Bertrand",
    "Roux",
    "Vincent",
    "Fournier",
    "Morel",
    "Girard",
    "André",
    "Mercier",
    "Blanc",
    "Guérin",
    "Boyer",
    "Garnier",
    "Chevalier",
    "François",
    "Legrand",
    "Gauthier",
    "Perrin",
    "Robin",
    "Clément",
    "Morin",
    "Nicolas",
    "Henry",
    "Roussel",
    "Mathieu",
    "Gautier",
    "Masson",
    "Marchand",
    "Duval",
    "Denis",
    "Dumont",
    "Marie",
    "Lemaire",
    "Noël",
    "Meyer",
    "Dufour",
    "Meunier",
    "Brun",
    "Blanchard",
    "Giraud",
    "Joly",
    "Rivière",
    "Lucas",
    "Brunet",
    "Gaillard",
    "Barbier",
    "Arnaud",
    "Martinez",
    "Gérard",
    "Roche",
    "Renard",
    "Schmitt",
    "Roy",
    "Leroux",
    "Colin",
    "Vidal",
    "Caron",
    "Picard",
    "Roger",
    "Fabre",
    "Aubert",
    "Lemoine",
    "Renaud",
    "Dumas",
    "Lacroix",
    "Olivier",
    "Philippe",
    "Bourgeois",
    "Pierre",
    "Benoît",
    "Rey",
    "Leclerc",
    "Payet",
    "Rolland",
    "Leclercq",
    "Guillaume",
    "Lecomte",
    "López",
    "Jean",
    "Dupuy",
    "Guillot",
    "Hubert",
    "Berger",
    "Carpentier",
    "Sánchez",
    "Dupuis",
    "Moulin",
];

/// One of `0..bound`, the smaller the likelier: as names are.
fn skewed(number: u64, bound: usize) -> usize {
    let share = (number % 10_007) as f64 / 10_007.0;
    ((share * share) * bound as f64) as usize
}

/// A number that looks like chance, the same each time.
fn scattered(client: u32, salt: u64) -> u64 {
    let mixed = (u64::from(client) ^ (salt << 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A client's name.
pub(crate) fn name(client: u32) -> String {
    let first = FIRST_NAMES[skewed(scattered(client, 1), FIRST_NAMES.len())];
    let last = LAST_NAMES[skewed(scattered(client, 2), LAST_NAMES.len())];
    // Every tenth has a rare name.
    match client % 10 {
        0 => format!("{first} {last}-{}", rare(client)),
        _ => format!("{first} {last}"),
    }
}

fn rare(client: u32) -> String {
    let mut name = String::new();
    let mut rest = scattered(client, 3);
    for _ in 0..3 {
        for letters in ["bcdfglmnprstv", "aeiou"] {
            let letters = letters.as_bytes();
            name.push(char::from(letters[usize::try_from(rest % letters.len() as u64).unwrap_or_default()]));
            rest /= letters.len() as u64;
        }
    }
    name
}

fn number(digits: u64) -> PhoneNumber {
    digits.to_string().parse().expect("a number")
}

/// A client's real number.
pub(crate) fn real(client: u32) -> PhoneNumber {
    number(REAL + u64::from(client))
}

/// A client's proxy number.
pub(crate) fn proxy(client: u32) -> PhoneNumber {
    number(PROXY + u64::from(client) * STRIDE % PROXIES)
}

/// A courier's number.
pub(crate) fn courier(n: u64) -> PhoneNumber {
    number(COURIER + n)
}

/// A client with a number, as an import brings it.
pub(crate) fn client(client: u32) -> ImportClient {
    let name = name(client);
    let mail = format!("{}{client}@example.com", search::plain(&name).replace([' ', '\''], "."));
    let country = "FR".parse().expect("a country");
    ImportClient {
        client: NewClient {
            id: ClientId::new(i64::from(client)).expect("an id"),
            name: PersonName::parse("name", &name).expect("a name"),
            mail: MailAddress::parse("mail", &mail).expect("an address"),
            phone: real(client),
            country,
        },
        proxy: Some(ImportNumber { phone: proxy(client), country, number_type: NumberType::Mobile }),
        last_caller: None,
    }
}
