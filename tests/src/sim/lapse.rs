//! A relay that forgets what a device signed, and a client that cannot sign and brings it back: the
//! relay signs in the device's place then, until somebody shows what the device signed itself.
//!
//! It takes a device that the relay has never heard of in a document, so by chance it hardly ever
//! comes to that: it is played once, before anything else goes wrong.

use poo_core::model::{Command, NewTask};

use super::config::Fault;
use super::world::{Happening, World};

impl World {
    pub(super) fn lapse(&mut self) {
        // Where a device lost what it had signed, nobody can show it: docs/SIMULATION.md.
        let forgets = |fault: &Fault| matches!(fault, Fault::Restore | Fault::Copy);
        let stock = self.stocks.iter().position(|stock| stock.writes);
        let (Some(stock), false) = (stock, self.config.faults.iter().any(forgets)) else {
            return;
        };
        // The first whom somebody let in: they may write, and have not yet.
        let writer = self.devices.iter().position(|device| device.person == 1);
        self.connect_stock(stock);
        self.settle();
        let before = self.relays[0].disk.image();
        let task = NewTask {
            title: "Forgotten by the relay".into(),
            ..NewTask::default()
        };
        let list = self.plans;
        self.execute(writer.unwrap(), &Command::CreateTask { list, task });
        self.settle();
        self.count("lapse of a relay");
        self.stop_relay(
            0,
            "it is put back to where it had not heard of that",
            &before,
            true,
        );
        self.settle();
        self.connect_stock(stock);
        self.settle();
        for device in 0..self.devices.len() {
            self.after(0, Happening::Connect(device));
        }
    }
}
