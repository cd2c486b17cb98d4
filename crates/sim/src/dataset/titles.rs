//! Titles and words of the data sets.

/// 14 titles.
pub(super) const HARBOR: [&str; 14] = [
    "Plan the berths for spring",
    "Crane 3 stops at 50 % load",
    "Repaint the pilot boat",
    "Order new fenders",
    "Night shift: who holds the keys?",
    "Leere Container zählen — größer als gedacht",
    "Radar shows ghosts at low tide",
    "Update \"quay rules\" (O'Brien's draft)",
    "港の地図を直す",
    "Fog horn ¶ test \\ drill",
    "Replace the lamp on the north pier",
    "Check insurance of the tug",
    "Teach the gulls not to steal 🐦",
    "Close the old customs gate",
];

/// 13 titles.
pub(super) const CAFE: [&str; 13] = [
    "Cold brew: 18 h or 24 h?",
    "Neue Tassen aussuchen",
    "Grinder whines below 9 g",
    "Menü auf Französisch – crème brûlée",
    "Wi-Fi code on the receipt",
    "Oat milk splits in filter coffee",
    "قهوة عربية يوم الجمعة",
    "Fix the wobbly table *by the window*",
    "Loyalty cards [10th cup free]",
    "Descale the machine",
    "Birthday of the café 🎂",
    "   Sign with a leading blank",
    "Inventory 2026",
];

/// 13 titles.
pub(super) const TELESCOPE: [&str; 13] = [
    "Align the finder scope",
    "Dark frames at −10 °C",
    "Dome motor hums at 50 Hz",
    "Ελληνικά ονόματα αστερισμών",
    "Book the June nights",
    "Filter wheel skips slot 5",
    "Звёздная карта для гостей",
    "Backup of the image archive",
    "Mirror cleaning <careful>",
    "Calibrate the clock to UTC",
    "Write the visitors' page",
    "Weather alarm too late ⛈️",
    "Retire the old mount",
];

/// Words for made-up descriptions.
pub(super) const WORDS: [&str; 24] = [
    "anchor", "berth", "crane", "dock", "ebb", "fender", "gate", "harbor", "invoice", "jetty",
    "keel", "lantern", "mooring", "night", "oar", "pier", "quay", "rope", "sail", "tide", "übrig",
    "vessel", "wharf", "yard",
];
