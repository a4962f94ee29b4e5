//! What the pages about buying numbers say.

use crate::sentences::sentences;

sentences! { BuyWords, alike [number_type];
    title: "Acheter des numéros", "Buy numbers";
    lead: "Regarder ne coûte rien : rien n’est acheté avant le bouton de la deuxième étape.", "Looking costs nothing: nothing is bought before the button of the second step.";
    back: "Tous les numéros", "All the numbers";
    step_one: "1. Ce qu’il vous faut", "1. What you need";
    country: "Pays", "Country";
    number_type: "Type", "Type";
    fallback: "Où aucun mobile n’est en vente, un fixe est proposé.", "Where no mobile is for sale, a local one is offered.";
    quantity: "Combien", "How many";
    texts: "Seulement des numéros qui reçoivent les SMS", "Only numbers that take texts";
    look: "Voir ce qui est en vente", "See what is for sale";
    today: "Achetés aujourd’hui :", "Bought today:";
    of_ceiling: "sur", "of at most";
    step_two: "2. En vente en ce moment", "2. For sale right now";
    offers_lead: "Twilio en propose par exemple ceux-ci. Un autre acheteur peut être plus rapide ; un numéro semblable est alors pris.", "Twilio offers these, for example. Another buyer may be faster; a similar number is taken then.";
    price: "Prix", "Price";
    price_text: "Chaque numéro est facturé par Twilio tous les mois, jusqu’à ce que vous le rendiez. Le tarif du pays s’affiche dans la console Twilio, sous « Phone Numbers › Buy a number » ; ProxyCall ne le reçoit pas.", "Twilio bills each number every month until you give it back. The country’s price stands in Twilio’s console under “Phone Numbers › Buy a number”; ProxyCall is not told.";
    rules: "Règles du pays", "Rules of the country";
    between_people: "Appels et messages entre personnes", "Calls and texts between people";
    machine_calls: "Appels automatiques (code dicté)", "Calls by a machine (a spoken code)";
    machine_texts: "Messages automatiques (code, avis)", "Texts by a machine (a code, a notice)";
    allowed: "permis", "permitted";
    forbidden: "interdits", "forbidden";
    unverified: "non vérifié", "not verified";
    needs: "À fournir à Twilio", "To be given to Twilio";
    needs_nothing: "rien", "nothing";
    needs_unknown: "non vérifié ; Twilio le dira", "not verified; Twilio will tell";
    bundle: "dossier réglementaire", "regulatory bundle";
    address: "adresse", "address";
    is_set: "indiqué", "is set";
    is_not_set: "à indiquer dans", "to be set in";
    least_use: "Usage minimal avant de le rendre", "Least use before it is given back";
    sold: "vendu par Twilio", "sold by Twilio";
    not_sold: "non vendu par Twilio", "not sold by Twilio";
    sold_unknown: "vente non vérifiée", "sale not verified";
    source: "Source :", "Source:";
    buy_one: "Acheter 1 numéro", "Buy 1 number";
    buy_verb: "Acheter", "Buy";
    buy_noun: "numéros", "numbers";
    price_again: "Twilio facture chaque numéro dès maintenant puis tous les mois, au tarif de sa console, jusqu’à ce que vous le rendiez.", "Twilio bills each number from now on and every month, at the price its console shows, until you give it back.";
    other_type_too: "Il n’y a pas assez de « {asked} » en vente : des numéros « {offered} » complètent.", "There are not enough “{asked}” for sale: “{offered}” numbers make up for it.";
    other_type: "Vous avez demandé « {asked} », mais seul « {offered} » est en vente en ce moment.", "You asked for “{asked}”, but only “{offered}” is for sale right now.";

    none_for_sale: "Twilio ne vend en ce moment aucun numéro de ce type dans ce pays. Essayez l’autre type ou un autre pays.", "Twilio sells no number of this type in this country right now. Try the other type or another country.";
    refused: "Twilio a refusé la vente. Code", "Twilio refused to sell. Code";
    no_answer: "Twilio ne répond pas. Rien n’a été acheté ; réessayez dans quelques minutes.", "Twilio does not answer. Nothing was bought; try again in some minutes.";
    in_doubt: "La réponse de Twilio s’est perdue. On saura d’ici une minute si un numéro a été acheté : il apparaîtra alors dans la liste. N’achetez rien d’ici là.", "Twilio’s answer was lost. Within about a minute it is known whether a number was bought: it then stands in the list. Buy nothing until then.";
    ceiling_reached: "Le plafond d’achats du jour est atteint (PROXYCALL_MAX_PURCHASES_PER_DAY). Il repart à zéro à minuit UTC.", "The day’s ceiling of purchases is reached (PROXYCALL_MAX_PURCHASES_PER_DAY). It begins anew at midnight UTC.";
    store: "La base de données n’a pas répondu. Un numéro acheté entre-temps sera retrouvé d’ici une minute.", "The database did not answer. A number bought meanwhile is found within a minute.";

    result_title: "Résultat de l’achat", "What was bought";
    bought_none: "Aucun numéro acheté", "No number was bought";
    bought_one: "1 numéro acheté", "1 number was bought";
    bought_all: "numéros achetés", "numbers were bought";
    why_not: "Pourquoi pas davantage", "Why not more";
    open_one: "Ouvrez un numéro pour l’attribuer à un client ; sinon le prochain client en recevra un tout seul.", "Open a number to assign it to a client; else the next client gets one by itself.";
    again: "Acheter d’autres numéros", "Buy more numbers";
}
