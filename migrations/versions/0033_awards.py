"""awards with their parts, names under them, and decisive arguments"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'award',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('round_id', sa.Integer(), nullable=False),
        sa.Column('entry_id', sa.Integer(), nullable=False),
        sa.Column('prizes', sa.JSON(), nullable=False),
        sa.Column('cents', sa.BigInteger(), nullable=True),
        sa.Column('is_shared', sa.Boolean(), nullable=False),
        sa.Column('is_drawn', sa.Boolean(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('withdrawn_seq', sa.Integer(), nullable=True),
        sa.Column('replaces_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_award_round_id_round')),
        sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_award_entry_id_entry')),
        sa.ForeignKeyConstraint(['replaces_id'], ['award.id'], name=op.f('fk_award_replaces_id_award')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_award')),
        sa.UniqueConstraint('replaces_id', name=op.f('uq_award_replaces_id')),
    )
    op.create_index(op.f('ix_award_round_id'), 'award', ['round_id'])
    op.create_index(op.f('ix_award_entry_id'), 'award', ['entry_id'])
    op.create_table(
        'award_part',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('award_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('idea_id', sa.Integer(), nullable=True),
        sa.Column('argument_id', sa.Integer(), nullable=True),
        sa.Column('participant_id', sa.Integer(), nullable=True),
        sa.Column('cents', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_award_part_award_id_award')),
        sa.ForeignKeyConstraint(['idea_id'], ['idea.id'], name=op.f('fk_award_part_idea_id_idea')),
        sa.ForeignKeyConstraint(['argument_id'], ['argument.id'], name=op.f('fk_award_part_argument_id_argument')),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_award_part_participant_id_participant')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_award_part')),
    )
    for column in ('award_id', 'idea_id', 'argument_id', 'participant_id'):
        op.create_index(op.f(f'ix_award_part_{column}'), 'award_part', [column])
    op.create_table(
        'award_claim',
        sa.Column('award_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('claimed_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_award_claim_award_id_award')),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_award_claim_participant_id_participant')
        ),
        sa.PrimaryKeyConstraint('award_id', 'participant_id', name=op.f('pk_award_claim')),
    )
    op.create_index(op.f('ix_award_claim_participant_id'), 'award_claim', ['participant_id'])
    with op.batch_alter_table('argument') as table:
        table.add_column(sa.Column('decisive_seq', sa.Integer(), nullable=True))
        table.add_column(sa.Column('decisive_reason', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM award', 'The awards would be lost.')
    refuse_downgrade_with('SELECT 1 FROM argument WHERE decisive_seq IS NOT NULL', 'Decisive arguments would be lost.')
    with op.batch_alter_table('argument') as table:
        table.drop_column('decisive_reason')
        table.drop_column('decisive_seq')
    op.drop_table('award_claim')
    op.drop_table('award_part')
    op.drop_table('award')
