"""discussion in turns: ideas under discussion, turns, seats, and answers for the idea"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0057'
down_revision = '0056'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'exchange',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('entry_id', sa.Integer(), nullable=False),
        sa.Column('wanted', sa.Integer(), nullable=False),
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.Column('asks_all', sa.Boolean(), nullable=False),
        sa.Column('begun_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_exchange_round_id_round')),
        sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_exchange_entry_id_entry')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange')),
        sa.UniqueConstraint('entry_id', name=op.f('uq_exchange_entry_id')),
    )
    op.create_index(op.f('ix_exchange_round_id'), 'exchange', ['round_id'])
    op.create_table(
        'turn',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('exchange_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('role', sa.String(length=20), nullable=False),
        sa.Column('stance', sa.String(length=20), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('place', sa.Integer(), nullable=True),
        sa.Column('open_for', sa.Integer(), nullable=True),
        sa.Column('offered_at', sa.BigInteger(), nullable=False),
        sa.Column('ends_at', sa.BigInteger(), nullable=True),
        sa.Column('left_ms', sa.BigInteger(), nullable=True),
        sa.Column('argument_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_turn_round_id_round')),
        sa.ForeignKeyConstraint(['exchange_id'], ['exchange.id'], name=op.f('fk_turn_exchange_id_exchange')),
        sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_turn_participant_id_participant')),
        sa.ForeignKeyConstraint(['argument_id'], ['argument.id'], name=op.f('fk_turn_argument_id_argument')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_turn')),
        sa.UniqueConstraint('exchange_id', 'role', 'place', name=op.f('uq_turn_exchange_id_role_place')),
        sa.UniqueConstraint('round_id', 'open_for', name=op.f('uq_turn_round_id_open_for')),
    )
    for column in ('exchange_id', 'participant_id', 'argument_id'):
        op.create_index(op.f(f'ix_turn_{column}'), 'turn', [column])
    op.create_table(
        'seat',
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('load', sa.Integer(), nullable=False),
        sa.Column('here_until', sa.BigInteger(), nullable=False),
        sa.Column('is_away', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_seat_round_id_round')),
        sa.ForeignKeyConstraint(['participant_id'], ['participant.id'], name=op.f('fk_seat_participant_id_participant')),
        sa.PrimaryKeyConstraint('round_id', 'participant_id', name=op.f('pk_seat')),
    )
    op.create_index(op.f('ix_seat_participant_id'), 'seat', ['participant_id'])
    with op.batch_alter_table('argument') as table:
        table.add_column(sa.Column('for_idea', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('argument') as table:
        table.alter_column('for_idea', server_default=None)


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM exchange', 'Discussions in turns would be lost.')
    refuse_downgrade_with(
        """SELECT 1 FROM phase WHERE CAST(activities AS TEXT) LIKE '%"turns"%'""",
        'Earlier versions know no phases for a discussion in turns.',
    )
    with op.batch_alter_table('argument') as table:
        table.drop_column('for_idea')
    op.drop_table('seat')
    op.drop_table('turn')
    op.drop_table('exchange')
