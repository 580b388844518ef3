//! What the real tool says when it has accepted a command.

use sim::{Cluster, Command, PdCommand};

use super::sql::{replicas_altered, table_command};
use crate::lang::Lang;

/// The tool's answer to `command`, which `cluster` has carried out.
pub fn accepted(cluster: &Cluster, command: &Command, lang: Lang) -> String {
    match command {
        Command::Pd(command) => of_pd(command).to_owned(),
        Command::Table(command) => table_command(cluster, command),
        Command::SetTiflashReplica { table, .. } => replicas_altered(cluster, table, lang),
        Command::AddStore(_)
        | Command::StopStores(_)
        | Command::StartStores(_)
        | Command::LoseDisk(_)
        | Command::Machine(_)
        | Command::Cut { .. }
        | Command::Delay { .. }
        | Command::SetMishaps { .. }
        | Command::Heal(_)
        | Command::SetLoad { .. }
        | Command::SetReads { .. }
        | Command::SetQueries { .. }
        | Command::TikvTest(_) => "ok".to_owned(),
    }
}

fn of_pd(command: &PdCommand) -> &'static str {
    match command {
        PdCommand::RemoveFailedStores { .. } | PdCommand::AbortRecovery => {
            "Success! Request has been accepted."
        }
        PdCommand::AddRemovePeer { .. }
        | PdCommand::AddAddLearner { .. }
        | PdCommand::AddAddPeer { .. }
        | PdCommand::AddTransferPeer { .. }
        | PdCommand::AddTransferRegion { .. }
        | PdCommand::AddTransferLeader { .. }
        | PdCommand::AddSplitRegion { .. }
        | PdCommand::AddMergeRegion { .. } => "Success! \"The operator is created.\"",
        PdCommand::AddScheduler(_) => "Success! The scheduler is created.",
        PdCommand::RemoveScheduler(_) => "Success! The scheduler is removed.",
        PdCommand::DestroyStore(_) => "\"The store is set as Offline.\"",
        PdCommand::RecoverPd | PdCommand::RebuildPd { .. } => {
            "recover success! please restart the PD cluster"
        }
        PdCommand::ResignPdLeader
        | PdCommand::RemoveTombstone
        | PdCommand::DeleteStore(_)
        | PdCommand::CancelDeleteStore(_)
        | PdCommand::SetMaxStoreDownTime { .. }
        | PdCommand::SetMaxReplicas(_)
        | PdCommand::SetMaxMergeRegionSize(_)
        | PdCommand::SetMaxMergeRegionKeys(_)
        | PdCommand::SetSplitMergeInterval { .. }
        | PdCommand::SetReplication(_)
        | PdCommand::SetHaltScheduling(_)
        | PdCommand::RemoveOperator(_) => "Success!",
        PdCommand::StopPd
        | PdCommand::StartPd
        | PdCommand::ForceNewPdCluster
        | PdCommand::LosePdDisks
        | PdCommand::LosePdLeader => "ok",
    }
}
