"""flags of texts, with a reason"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'flag',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('idea_id', sa.Integer(), nullable=True),
        sa.Column('argument_id', sa.Integer(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('decided_seq', sa.Integer(), nullable=True),
        sa.Column('flagged_at', sa.BigInteger(), nullable=False),
        sa.CheckConstraint('(idea_id IS NULL) <> (argument_id IS NULL)', name=op.f('ck_flag_one_text')),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_flag_round_id_round')),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_flag_participant_id_participant')
        ),
        sa.ForeignKeyConstraint(['idea_id'], ['idea.id'], name=op.f('fk_flag_idea_id_idea')),
        sa.ForeignKeyConstraint(['argument_id'], ['argument.id'], name=op.f('fk_flag_argument_id_argument')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_flag')),
        sa.UniqueConstraint(
            'participant_id', 'idea_id', 'version', name=op.f('uq_flag_participant_id_idea_id_version')
        ),
        sa.UniqueConstraint(
            'participant_id', 'argument_id', 'version', name=op.f('uq_flag_participant_id_argument_id_version')
        ),
    )
    for column in ('round_id', 'idea_id', 'argument_id'):
        op.create_index(op.f(f'ix_flag_{column}'), 'flag', [column])
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('flags', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM flag', 'What people reported to the moderators would be lost.')
    with op.batch_alter_table('challenge') as table:
        table.drop_column('flags')
    op.drop_table('flag')
